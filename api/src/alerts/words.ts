import { bytesInWords, octetsEnMots } from '../reasons/entry.ts'
import { DeliveryKind, type DigestBeside } from './alert.entity.ts'

export type Language = 'en' | 'fr'

const duration = (minutes: number): string =>
  minutes < 60
    ? `${minutes} min`
    : minutes < 2880
      ? `${Math.floor(minutes / 60)} h ${minutes % 60} min`
      : `${Math.round(minutes / 1440)} d`
const durée = (minutes: number): string => duration(minutes).replace(/ d$/, ' j')

const en = {
  database: 'Database',
  agent: 'Agent',
  company: 'Company',
  city: 'City',
  machine: 'Machine',
  statusOfRun: 'This backup',
  statusOfJob: 'The job now',
  expected: 'expected',
  windowEnd: 'End of the grace',
  arrived: 'Arrived',
  agentTime: 'Time by the agent',
  steps: 'Steps',
  agentError: 'Error of the agent',
  fileName: 'File',
  declaredHash: 'SHA-256 declared',
  measuredHash: 'SHA-256 measured',
  declaredSize: 'Size declared',
  measuredSize: 'Size measured',
  previousGood: 'Last good backup',
  inARow: 'Not good in a row',
  jobId: 'Job',
  entryId: 'Entry',
  alertId: 'Alert',
  since: 'Since',
  times: 'Told how often',
  lastSeen: 'Last report',
  runbook: 'What to do',
  open: 'Open in Vigie',
  notTold: 'not told',
  notMeasured: 'not measured',
  nothing: 'nothing yet',
  arrivedNotGood: 'a file has come, and is not good',
  recoveredBy: 'Good again by the backup of',
  noReport: 'no report came',
  noneBefore: 'none before',
  ok: 'ok',
  failed: 'failed',
  resolved: 'RESOLVED',
  reminder: 'Still:',
  status: (status: string): string =>
    ({
      SUCCESS: 'GOOD',
      FAILED: 'FAILED',
      MISSING: 'MISSING',
      TRANSFER_INTEGRITY_FAILED: 'DAMAGED IN TRANSFER',
      HASH_MISMATCH: 'UNCHANGED',
      UNKNOWN: 'NOT KNOWN',
      DOUBTFUL: 'DOUBTFUL',
    })[status] ?? status,
  file: (what: string): string => (what === 'BACKUP_LOST' ? 'BACKUP FILE LOST' : 'BACKUP FILE DAMAGED'),
  report: (outcome: string): string => (outcome === 'UNDECLARED' ? 'UNDECLARED BACKUP' : 'UNUSABLE REPORT'),
  disk: (status: string): string =>
    ({ FAILED: 'DISK FAILING', STOPPED_ANSWERING: 'DISK DOES NOT ANSWER', MISSING: 'DISK MISSING' })[status] ??
    'DISK AT RISK',
  array: (status: string): string =>
    ({ FAILED: 'ARRAY FAILED', GONE: 'ARRAY GONE', NOT_ANSWERING: 'ARRAY DOES NOT ANSWER' })[status] ?? 'ARRAY AT RISK',
  lessBad: 'LESS BAD, STILL A WARNING:',
  easedAfter: (minutes: number): string => `It is less bad after ${duration(minutes)}, and not good yet:`,
  silent: 'SILENT MACHINE',
  smartLost: 'S.M.A.R.T. CANNOT BE READ:',
  securityOverdue: (count: number | null): string =>
    count === 1 ? '1 SECURITY UPDATE WAITS on' : `${count ?? ''} SECURITY UPDATES WAIT on`.trim(),
  rebootOverdue: 'RESTART DUE:',
  updatesBroken: 'PACKAGE MANAGER IN TROUBLE:',
  action: 'ACTION FAILED',
  waitsSince: 'Waiting since',
  blind: 'VIGIE CANNOT DO ITS WORK',
  messages: 'MESSAGES TO READ:',
  busy: (status: string): string => (status === 'MEMORY' ? 'SHORT OF MEMORY:' : 'OVERLOADED:'),
  room: (status: string): string =>
    ({ SCARCE: 'DISK ALMOST FULL', READ_ONLY: 'READ-ONLY AFTER ERRORS' })[status] ?? 'DISK FILLS UP',
  away: (minutes: number): string => `VIGIE WAS AWAY for ${duration(minutes)}: what came due meanwhile is judged now`,
  meanwhile: 'Meanwhile it is good again.',
  lasted: (minutes: number): string => `It is good again, after ${duration(minutes)}.`,
  manySubject: (kind: DeliveryKind, count: number, agent: string | null): string => {
    const of = agent ? ` of ${agent}` : ''
    if (kind === DeliveryKind.RECOVERY) return `RESOLVED: ${count} alerts${of}`
    return kind === DeliveryKind.REMINDER ? `Still open: ${count} alerts${of}` : `${count} alerts${of}`
  },
  intro: (kind: DeliveryKind, count: number): string => {
    if (kind === DeliveryKind.RECOVERY) return count === 1 ? 'This is over.' : `These ${count} are over.`
    if (kind === DeliveryKind.REMINDER) return count === 1 ? 'This is still open.' : `These ${count} are still open.`
    return count === 1 ? 'This needs somebody.' : `These ${count} need somebody, the gravest first.`
  },
  more: (count: number): string => `… and ${count} more`,
  dailySubject: (good: number, total: number): string => `${good} of ${total} backups are good`,
  dailyAllGood: (total: number): string => `All ${total} expected backups are good.`,
  dailySomeBad: (good: number, total: number): string =>
    `${good} of ${total} expected backups are good; these are not:`,
  unproven: (count: number): string =>
    count === 1 ? '1 has arrived and could not be proven.' : `${count} have arrived and could not be proven.`,
  beside: ({ paused, quarantined, damaged, undeclared, unawaited, unawaitedBytes, rooms }: DigestBeside): string[] => [
    '',
    `Paused: ${paused} · in quarantine: ${quarantined} · damaged or lost in the vault: ${damaged} · reports that nobody expects: ${undeclared}`,
    ...(unawaited > 0
      ? [`Nobody awaits: ${unawaited} (${bytesInWords(unawaitedBytes)}) in deposit and quarantine`]
      : []),
    ...rooms.map(
      ({ path, free, used, fullOn }) =>
        `Free in ${path}: ${bytesInWords(free)} (${used} % in use${fullOn === null ? '' : `, full on ${fullOn} at this pace`})`,
    ),
    '',
  ],
  columns: { what: 'What', where: 'Where', since: 'Since', why: 'Why', lastGood: 'Last good' },
  testSubject: '[Vigie] Test mail',
  testIntro: 'This is a test. Mail from Vigie reaches you.',
  footer: (url: string): string => `Vigie is on watch at ${url}. Acknowledge or mute alerts there.`,
}
export type Words = typeof en

const fr: Words = {
  database: 'Base',
  agent: 'Agent',
  company: 'Entreprise',
  city: 'Ville',
  machine: 'Machine',

  statusOfRun: 'Cette sauvegarde',
  statusOfJob: 'La tâche maintenant',
  expected: 'attendue',
  windowEnd: 'Fin du délai',
  arrived: 'Arrivée',
  agentTime: 'Heure de l’agent',
  steps: 'Étapes',
  agentError: 'Erreur de l’agent',
  fileName: 'Fichier',
  declaredHash: 'SHA-256 annoncé',
  measuredHash: 'SHA-256 mesuré',
  declaredSize: 'Taille annoncée',
  measuredSize: 'Taille mesurée',
  previousGood: 'Dernière bonne sauvegarde',
  inARow: 'Mauvaises de suite',
  jobId: 'Tâche',
  entryId: 'Échéance',
  alertId: 'Alerte',
  since: 'Depuis',

  times: 'Signalée combien de fois',
  lastSeen: 'Dernier rapport',
  runbook: 'Que faire',
  open: 'Ouvrir dans Vigie',
  notTold: 'non communiqué',
  notMeasured: 'non mesuré',
  nothing: 'rien encore',
  arrivedNotGood: 'un fichier est arrivé, mais il n’est pas bon',
  recoveredBy: 'Rétablie par la sauvegarde du',
  noReport: 'aucun rapport',
  noneBefore: 'aucune auparavant',
  ok: 'ok',
  failed: 'échec',
  resolved: 'RÉSOLU',
  reminder: 'Toujours :',
  status: (status) =>
    ({
      SUCCESS: 'BONNE',
      FAILED: 'EN ÉCHEC',
      MISSING: 'MANQUANTE',
      TRANSFER_INTEGRITY_FAILED: 'ALTÉRÉE AU TRANSFERT',
      HASH_MISMATCH: 'INCHANGÉE',
      UNKNOWN: 'INCONNUE',
      DOUBTFUL: 'DOUTEUSE',
    })[status] ?? status,
  file: (what) => (what === 'BACKUP_LOST' ? 'FICHIER DE SAUVEGARDE PERDU' : 'FICHIER DE SAUVEGARDE ALTÉRÉ'),
  report: (outcome) => (outcome === 'UNDECLARED' ? 'SAUVEGARDE NON DÉCLARÉE' : 'RAPPORT INUTILISABLE'),
  disk: (status) =>
    ({ FAILED: 'DISQUE DÉFAILLANT', STOPPED_ANSWERING: 'DISQUE SANS RÉPONSE', MISSING: 'DISQUE ABSENT' })[status] ??
    'DISQUE MENACÉ',
  array: (status) =>
    ({ FAILED: 'GRAPPE DÉFAILLANTE', GONE: 'GRAPPE DISPARUE', NOT_ANSWERING: 'GRAPPE SANS RÉPONSE' })[status] ??
    'GRAPPE MENACÉE',
  lessBad: 'MOINS GRAVE, TOUJOURS À SURVEILLER :',
  easedAfter: (minutes) => `C’est moins grave après ${durée(minutes)}, sans être bon :`,
  silent: 'MACHINE SILENCIEUSE',
  smartLost: 'S.M.A.R.T. ILLISIBLE :',
  securityOverdue: (count) =>
    count === 1
      ? '1 MISE À JOUR DE SÉCURITÉ EN ATTENTE sur'
      : `${count ?? ''} MISES À JOUR DE SÉCURITÉ EN ATTENTE sur`.trim(),
  rebootOverdue: 'REDÉMARRAGE NÉCESSAIRE :',
  updatesBroken: 'GESTIONNAIRE DE PAQUETS EN PANNE :',
  action: 'ACTION EN ÉCHEC',
  waitsSince: 'En attente depuis',
  blind: 'VIGIE NE PEUT PAS FAIRE SON TRAVAIL',
  messages: 'MESSAGES À LIRE :',
  busy: (status) => (status === 'MEMORY' ? 'MANQUE DE MÉMOIRE :' : 'SURCHARGÉE :'),
  room: (status) =>
    ({ SCARCE: 'DISQUE PRESQUE PLEIN', READ_ONLY: 'EN LECTURE SEULE APRÈS DES ERREURS' })[status] ??
    'DISQUE QUI SE REMPLIT',
  away: (minutes) => `VIGIE ÉTAIT ABSENTE pendant ${durée(minutes)} : les échéances passées sont jugées maintenant`,
  meanwhile: 'Entre-temps, tout va bien de nouveau.',
  lasted: (minutes) => `Tout va bien de nouveau, après ${durée(minutes)}.`,
  manySubject: (kind, count, agent) => {
    const of = agent ? ` de ${agent}` : ''
    if (kind === DeliveryKind.RECOVERY) return `RÉSOLU : ${count} alertes${of}`
    return kind === DeliveryKind.REMINDER ? `Toujours ouvertes : ${count} alertes${of}` : `${count} alertes${of}`
  },
  intro: (kind, count) => {
    if (kind === DeliveryKind.RECOVERY)
      return count === 1 ? 'Cette alerte est levée.' : `Ces ${count} alertes sont levées.`
    if (kind === DeliveryKind.REMINDER)
      return count === 1 ? 'C’est toujours ouvert.' : `Ces ${count} alertes sont toujours ouvertes.`
    return count === 1
      ? 'Ceci demande votre attention.'
      : `Ces ${count} alertes demandent votre attention, la plus grave d’abord.`
  },
  more: (count) => `… et ${count} de plus`,
  dailySubject: (good, total) => `${good} sauvegardes bonnes sur ${total}`,
  dailyAllGood: (total) => `Les ${total} sauvegardes attendues sont bonnes.`,
  dailySomeBad: (good, total) => `${good} sauvegardes attendues sur ${total} sont bonnes ; voici les autres :`,
  unproven: (count) =>
    count === 1 ? '1 est arrivée sans pouvoir être prouvée.' : `${count} sont arrivées sans pouvoir être prouvées.`,
  beside: ({ paused, quarantined, damaged, undeclared, unawaited, unawaitedBytes, rooms }) => [
    '',
    `En pause : ${paused} · en quarantaine : ${quarantined} · altérées ou perdues dans le coffre : ${damaged} · rapports que personne n’attend : ${undeclared}`,
    ...(unawaited > 0
      ? [`Que personne n’attend : ${unawaited} (${octetsEnMots(unawaitedBytes)}) dans le dépôt et la quarantaine`]
      : []),
    ...rooms.map(
      ({ path, free, used, fullOn }) =>
        `Libre dans ${path} : ${octetsEnMots(free)} (${used} % utilisés${fullOn === null ? '' : `, plein le ${fullOn} à ce rythme`})`,
    ),
    '',
  ],
  columns: { what: 'Quoi', where: 'Où', since: 'Depuis', why: 'Pourquoi', lastGood: 'Dernière bonne' },
  testSubject: '[Vigie] Courriel d’essai',
  testIntro: 'Ceci est un essai. Les courriels de Vigie vous parviennent.',
  footer: (url) => `Vigie veille sur ${url}. Les alertes y sont confirmées ou mises en sourdine.`,
}

export const WORDS: Record<Language, Words> = { en, fr }
