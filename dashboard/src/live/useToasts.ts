import { shallowRef } from 'vue'

/** What was done, said for a moment, with the way back. */
export interface Toast {
  id: number
  text: string
  undo: (() => void) | null
}

export const toasts = shallowRef<readonly Toast[]>([])
let last = 0

export function toast(text: string, undo: (() => void) | null = null): void {
  last += 1
  toasts.value = [...toasts.value, { id: last, text, undo }]
}

export function dismissToast(id: number): void {
  toasts.value = toasts.value.filter((each) => each.id !== id)
}
