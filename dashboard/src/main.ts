import { DefaultApolloClient } from '@vue/apollo-composable'
import { createApp } from 'vue'
import { apollo } from './apollo.ts'
import App from './App.vue'
import { i18n, showLanguage } from './i18n.ts'
import { router } from './router.ts'
import './styles.css'

await showLanguage()
createApp(App).provide(DefaultApolloClient, apollo).use(i18n).use(router).mount('#app')
