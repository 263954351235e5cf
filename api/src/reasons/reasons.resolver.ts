import { Arg, FieldResolver, registerEnumType, Resolver, Root } from 'type-graphql'
import { Reason } from './reason.ts'
import { sentence } from './sentence.ts'

export enum Language {
  EN = 'EN',
  FR = 'FR',
}
registerEnumType(Language, { name: 'Language' })

@Resolver(() => Reason)
export class ReasonsResolver {
  @FieldResolver(() => String, { description: 'The reason as a sentence' })
  sentence(
    @Root() reason: Reason,
    @Arg('language', () => Language, { defaultValue: Language.EN }) language: Language,
  ): string {
    return sentence(reason, language === Language.FR ? 'fr' : 'en')
  }
}
