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

export interface ActionFacts {
  action: string | undefined
  /** FAILED, INTERRUPTED; CONFLICT: another order came under its name. */
  status: string | null
  machine: string
}

/** What became of something that a machine was asked, as a heading without a full stop. */
export function actionSentence({ action = '', status, machine }: ActionFacts, language: 'en' | 'fr'): string {
  const known = ACTIONS.get(action)
  if (language === 'fr') {
    if (status === 'CONFLICT') return `Un ordre reçu par ${machine} n’est pas celui qui a été approuvé`
    const end = known?.isFeminine ? 'interrompue' : 'interrompu'
    return `${known?.fr ?? 'Une action'} sur ${machine} ${status === 'INTERRUPTED' ? `a été ${end}` : 'a échoué'}`
  }
  if (status === 'CONFLICT') return `An order to ${machine} is not the one that was approved`
  return `${known?.en ?? 'An action'} on ${machine} ${status === 'INTERRUPTED' ? 'was interrupted' : 'failed'}`
}
