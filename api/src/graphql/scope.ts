import { registerEnumType } from 'type-graphql'

/** What a token or a session may do. `admin` includes `operate`, which includes `read`; `report` stands by itself. */
export enum Scope {
  REPORT = 'report',
  READ = 'read',
  OPERATE = 'operate',
  ADMIN = 'admin',
}
registerEnumType(Scope, {
  name: 'Scope',
  description: 'What a token may do; ADMIN includes OPERATE, which includes READ; REPORT stands by itself',
})

const IMPLIED: Record<Scope, readonly Scope[]> = {
  [Scope.REPORT]: [Scope.REPORT],
  [Scope.READ]: [Scope.READ],
  [Scope.OPERATE]: [Scope.OPERATE, Scope.READ],
  [Scope.ADMIN]: [Scope.ADMIN, Scope.OPERATE, Scope.READ],
}

export const allows = (granted: readonly Scope[], wanted: Scope): boolean =>
  granted.some((scope) => IMPLIED[scope]?.includes(wanted))
