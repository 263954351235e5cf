import { useFormat } from '../format/useFormat.ts'
import { useLanguage } from '../i18n.ts'
import { givenOf, type Keep } from './keep-rules.ts'

/** Rules of retention in words: "7 daily, 4 weekly". */
export function useRuleWords(): (rules: Partial<Record<Keep, number | null>>) => string {
  const { t } = useLanguage()
  const { count } = useFormat()
  return (rules) =>
    givenOf(rules)
      .map(({ name, n }) => t(`retention.rule.${name}`, { n: count(n) }, n))
      .join(', ') || t('retention.everything')
}
