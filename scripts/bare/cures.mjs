export const CURES = {}
