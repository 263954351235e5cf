import { useEventListener } from '@vueuse/core'
import { ref } from 'vue'
import { useRouter } from 'vue-router'

/** After "g" each letter leads to a page. */
export const GO = {
  o: 'overview',
  n: 'causes',
  d: 'places',
  b: 'backups',
  m: 'machines',
  k: 'disks',
  l: 'events',
  s: 'settings',
} as const

/** Open over the page: what finds anything, or the sheet of keys; null = neither. */
export const sheet = ref<'find' | 'keys' | null>(null)

/** How long "g" waits for its letter. */
const WAIT = 1500

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))

/** Listens for keys as long as the page stands; none of them while somebody types, but for Ctrl-K. */
export function useShortcuts(isOn: () => boolean): void {
  const router = useRouter()
  let begun = 0
  useEventListener('keydown', (event) => {
    if (!isOn() || event.defaultPrevented) return
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'k') {
      sheet.value = sheet.value === 'find' ? null : 'find'
      event.preventDefault()
      return
    }
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target) || sheet.value) return
    const page = event.timeStamp - begun < WAIT ? GO[event.key as keyof typeof GO] : undefined
    begun = event.key === 'g' ? event.timeStamp : 0
    if (page) void router.push({ name: page })
    else if (event.key === '/') {
      const search = document.querySelector<HTMLInputElement>('main input[type=search]')
      if (search) search.focus()
      else sheet.value = 'find'
    } else if (event.key === '?') sheet.value = 'keys'
    else return
    event.preventDefault()
  })
}
