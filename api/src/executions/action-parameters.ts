import { Action, type ActionParams } from '@vigie/agent/actions'
import { Field, InputType, ObjectType } from 'type-graphql'
import { UpdateScope } from './update-scope.ts'

@InputType({ description: 'What an action is asked with; what it does not take is refused' })
export class ActionParamsInput {
  @Field(() => UpdateScope, { nullable: true, description: 'APT_APPLY: what waits; null = names are given' })
  scope?: UpdateScope | null

  @Field(() => [String], { nullable: true, description: 'APT_APPLY: packages of the machine’s own plan' })
  names?: string[] | null

  @Field(() => String, { nullable: true, description: 'SERVICE_RESTART: a unit that its owner lists' })
  unit?: string | null

  @Field(() => String, { nullable: true, description: 'HOOK_RUN: a script that its owner lists' })
  hook?: string | null
}

@ObjectType({ simpleResolvers: true, description: 'What an action was asked with' })
export class ActionParameters {
  @Field(() => UpdateScope, { nullable: true, description: 'Null = names say what' })
  scope!: UpdateScope | null

  @Field(() => [String], { description: 'Packages; empty = scope says what' })
  names!: string[]

  @Field(() => String, { nullable: true })
  unit!: string | null

  @Field(() => String, { nullable: true })
  hook!: string | null
}

/** As the action takes them; of updates all is meant where nothing else is said. */
export function paramsOf(action: Action, input: ActionParamsInput | null): ActionParams {
  const { scope, names, unit, hook } = input ?? {}
  const wanted = names?.length ? names : (scope ?? (action === Action.APT_APPLY ? UpdateScope.ALL : undefined))
  return { ...(wanted ? { scope: wanted } : {}), ...(unit ? { unit } : {}), ...(hook ? { hook } : {}) }
}

export function parametersOf({ scope, unit, hook }: ActionParams): ActionParameters {
  const names = Array.isArray(scope) ? scope : []
  return {
    scope: typeof scope === 'string' ? (scope as UpdateScope) : null,
    names,
    unit: unit ?? null,
    hook: hook ?? null,
  }
}
