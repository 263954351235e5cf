/** What an action is called in a sentence, and in French whether that is feminine. By the verbs of docs/actions.md. */
const ACTIONS = new Map<string, { en: string; fr: string; isFeminine: boolean }>([
  ['collect', { en: 'Looking', fr: 'La relève', isFeminine: true }],
  [
    'apt.refresh',
    { en: 'Refreshing the package lists', fr: 'L’actualisation des listes de paquets', isFeminine: true },
  ],
  ['apt.apply', { en: 'Installing updates', fr: 'L’installation des mises à jour', isFeminine: true }],
  [
    'apt.autoremove',
    {
      en: 'Removing unneeded packages',
      fr: 'La suppression des paquets inutiles',
      isFeminine: true,
    },
  ],
  ['apt.repair', { en: 'Repairing packages', fr: 'La réparation des paquets', isFeminine: true }],
  ['service.restart', { en: 'Restarting a service', fr: 'Le redémarrage d’un service', isFeminine: false }],
  ['hook.run', { en: 'Running a script', fr: 'L’exécution d’un script', isFeminine: true }],
  ['reboot', { en: 'Restarting', fr: 'Le redémarrage', isFeminine: false }],
])

const UNKNOWN = { en: 'An action', fr: 'Une action', isFeminine: true }

export interface ActionFacts {
  action: string | undefined
  /** The unit or script; undefined = it is about the machine. */
  about: string | undefined
  /** FAILED, INTERRUPTED; CONTRADICTED: a later report shows it; CONFLICT: another order came under its name. */
  status: string | null
  machine: string
}

/** What it is called, with the unit or script that it is about. */
export function actionName(
  { action = '', about }: Pick<ActionFacts, 'action' | 'about'>,
  language: 'en' | 'fr',
): string {
  const name = (ACTIONS.get(action) ?? UNKNOWN)[language]
  return about === undefined ? name : `${name} (${about})`
}

/** What became of something that a machine was asked, as a heading without a full stop. */
export function actionSentence({ action = '', about, status, machine }: ActionFacts, language: 'en' | 'fr'): string {
  const { isFeminine } = ACTIONS.get(action) ?? UNKNOWN
  const name = actionName({ action, about }, language)
  if (language === 'fr') {
    if (status === 'CONFLICT') return `Un ordre reçu par ${machine} n’est pas celui qui a été approuvé`
    const e = isFeminine ? 'e' : ''
    const ends = new Map([
      ['INTERRUPTED', `a été interrompu${e}`],
      ['CONTRADICTED', `n’a pas été fait${e}, selon un rapport ultérieur`],
    ])
    return `${name} sur ${machine} ${ends.get(status ?? '') ?? 'a échoué'}`
  }
  if (status === 'CONFLICT') return `An order to ${machine} is not the one that was approved`
  const ends = new Map([
    ['INTERRUPTED', 'was interrupted'],
    ['CONTRADICTED', 'was not done, as a later report shows'],
  ])
  return `${name} on ${machine} ${ends.get(status ?? '') ?? 'failed'}`
}
