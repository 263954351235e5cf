import { nextTick } from 'vue'
import { createRouter, createWebHistory, START_LOCATION } from 'vue-router'
import { loadWordsOfPages } from './i18n.ts'

export const router = createRouter({
  history: createWebHistory(),
  routes: [
    { path: '/', name: 'overview', component: () => import('./overview/OverviewPage.vue') },
    { path: '/data', name: 'places', component: () => import('./places/PlacesPage.vue') },
    { path: '/data/declare', name: 'declare', component: () => import('./places/DeclarePage.vue') },
    { path: '/machines', name: 'machines', component: () => import('./machines/MachinesPage.vue') },
    { path: '/machines/add', name: 'add-machine', component: () => import('./machines/AddMachinePage.vue') },
    { path: '/machines/:id', name: 'machine', component: () => import('./machines/MachinePage.vue'), props: true },
    { path: '/actions', name: 'executions', component: () => import('./executions/ExecutionsPage.vue') },
    { path: '/actions/:id', name: 'execution', component: () => import('./executions/ExecutionPage.vue'), props: true },
    { path: '/rollouts/:id', name: 'rollout', component: () => import('./rollouts/RolloutPage.vue'), props: true },
    { path: '/packages', name: 'packages', component: () => import('./packages/PackagesPage.vue') },
    { path: '/messages', name: 'log-messages', component: () => import('./log-messages/LogMessagesPage.vue') },
    { path: '/disks', name: 'disks', component: () => import('./disks/DisksPage.vue') },
    { path: '/disks/:id', name: 'disk', component: () => import('./disks/DiskPage.vue'), props: true },
    { path: '/backups', name: 'backups', component: () => import('./backups/BackupsPage.vue') },
    { path: '/backups/new', name: 'new-job', component: () => import('./backups/JobFormPage.vue') },
    { path: '/backups/inbox', name: 'inbox', component: () => import('./backups/InboxPage.vue') },
    { path: '/backups/scanner', name: 'scanner', component: () => import('./deposit/ScannerPage.vue') },
    { path: '/backups/:id', name: 'job', component: () => import('./backups/JobPage.vue'), props: true },
    {
      path: '/backups/:id/entries/:entry',
      name: 'entry',
      component: () => import('./backups/EntryPage.vue'),
      props: ({ params }) => ({ jobId: params['id'], entryId: params['entry'] }),
    },
    {
      path: '/backups/:id/days/:day(\\d{4}-\\d{2}-\\d{2})',
      name: 'day',
      component: () => import('./backups/DayPage.vue'),
      props: ({ params }) => ({ jobId: params['id'], day: params['day'] }),
    },
    { path: '/backups/:id/edit', name: 'edit-job', component: () => import('./backups/JobFormPage.vue'), props: true },
    { path: '/needs-you', name: 'causes', component: () => import('./causes/CausesPage.vue') },
    // Mails of former versions lead there.
    { path: '/alerts', redirect: { name: 'causes' } },
    {
      path: '/first-steps',
      name: 'first-steps',
      component: () => import('./first-steps/FirstStepsPage.vue'),
    },
    { path: '/settings', name: 'settings', component: () => import('./settings/SettingsPage.vue') },
    { path: '/settings/retention', name: 'retention', component: () => import('./vault/RetentionPage.vue') },
    { path: '/events', name: 'events', component: () => import('./events/EventsPage.vue') },
    { path: '/sign-in', name: 'sign-in', component: () => import('./access/SignInPage.vue') },
    { path: '/:rest(.*)', name: 'not-found', component: () => import('./ui/NotFoundPage.vue') },
  ],
  scrollBehavior: (_to, _from, saved) => saved ?? { top: 0 },
})

// What the first page says comes with it; the words of all others come with the first of them that is opened.
// They are asked for beside the page's own file, and waited for behind it.
router.beforeEach((to) => {
  if (to.name !== 'overview') loadWordsOfPages().catch(() => undefined)
})
router.beforeResolve(async (to) => {
  if (to.name !== 'overview') await loadWordsOfPages()
})

// A page whose file cannot be had (Vigie was updated, the network failed) is asked of the server anew, not silently left
// out. At the first page itself that would go on for ever.
router.onError((error, to, from) => {
  if (from === START_LOCATION) {
    // The network went away while it was opened: nothing stands there yet that could be lost.
    if (!navigator.onLine) addEventListener('online', () => location.reload(), { once: true })
    throw error
  }
  location.assign(to.fullPath)
})

// A new page: the reader begins at its content, not behind the navigation.
router.afterEach(async (to, from) => {
  if (to.path === from.path || from.name === undefined) return
  await nextTick()
  document.getElementById('main')?.focus({ preventScroll: true })
})
