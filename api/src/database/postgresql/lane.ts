/** Where transactions go side by side, and one that was in the others' way goes alone; in the order of their coming. */
export class Lane {
  private sideBySide = 0
  private isTaken = false
  private readonly waiting: { alone: boolean; enter: () => void }[] = []

  /** Resolves when it may begin, with what is called at its end. */
  async enter(alone: boolean): Promise<() => void> {
    if (this.waiting.length > 0 || !this.hasRoom(alone))
      await new Promise<void>((enter) => this.waiting.push({ alone, enter }))
    else this.admit(alone)
    return () => {
      if (alone) this.isTaken = false
      else this.sideBySide -= 1
      for (let next = this.waiting[0]; next && this.hasRoom(next.alone); next = this.waiting[0]) {
        this.waiting.shift()
        this.admit(next.alone)
        next.enter()
      }
    }
  }

  private hasRoom(alone: boolean): boolean {
    return !this.isTaken && !(alone && this.sideBySide > 0)
  }

  private admit(alone: boolean): void {
    if (alone) this.isTaken = true
    else this.sideBySide += 1
  }
}
