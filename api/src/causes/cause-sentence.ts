import { AlertType } from '../alerts/alert.entity.ts'
import { diskSentence } from '../disks/disk-sentence.ts'
import { de } from '../reasons/names.ts'
import { Health } from '../disks/health.ts'
import { RoomLevel } from '../storage/forecast.ts'
import { actionSentence } from '../reasons/action-sentence.ts'
import { Language } from '../reasons/reasons.resolver.ts'
import { type AlertRow, CauseKind } from './group-causes.ts'

/** What a sentence names. */
export interface CauseFacts {
  kind: CauseKind
  /** The gravest first. */
  alerts: readonly AlertRow[]
  machine: string
  disk: string
  /** Of the jobs that its alerts are about: the database and agent of one, and the longest that one was not good. */
  jobs: readonly { databaseName: string; agentId: string; badInARow: number }[]
}

/** How an array is: degraded is one that lost a member; what else is wrong with it its reasons say. */
type ArrayState = 'failed' | 'degraded' | 'at risk' | 'silent'

interface Words {
  disksMissing: (count: number, disk: string, machine: string) => string
  array: (kind: string, name: string, state: ArrayState) => string
  ofMachine: (machine: string) => string
  silent: (machine: string, missing: number) => string
  smartLost: (machine: string) => string
  securityOverdue: (machine: string, count: number | null) => string
  rebootOverdue: (machine: string) => string
  updatesBroken: (machine: string) => string
  missing: (count: number, name: string, agent: string) => string
  backup: (name: string, status: string | null) => string
  inARow: (count: number) => string
  files: (count: number, areLost: boolean) => string
  reports: (count: number, agent: string, areUndeclared: boolean) => string
  scanner: string
  room: (path: string, isScarce: boolean) => string
  fileSystem: (name: string, machine: string, status: string | null) => string
  messages: (machine: string) => string
  busy: (machine: string, what: { load: boolean; memory: boolean }) => string
}

const EN: Words = {
  disksMissing: (count, disk, machine) =>
    count === 1 ? `The disk ${disk} is not in ${machine} any more` : `${count} disks are not in ${machine} any more`,
  array: (kind, name, state) =>
    `The ${{ MDRAID: 'array', ZFS: 'pool', LVM: 'volume group' }[kind] ?? 'file system'} ${name} ${{ failed: 'has failed', degraded: 'is degraded', 'at risk': 'is at risk', silent: 'does not answer' }[state]}`,
  ofMachine: (machine) => ` of ${machine}`,
  silent: (machine, missing) =>
    `${machine} does not report${missing === 0 ? '' : missing === 1 ? ', and a backup of it is missing' : `, and ${missing} backups of it are missing`}`,
  smartLost: (machine) => `No disk of ${machine} can be read by S.M.A.R.T. any more`,
  securityOverdue: (machine, count) =>
    count === 1 ? `A security update waits on ${machine}` : `${count ?? 'Several'} security updates wait on ${machine}`,
  rebootOverdue: (machine) => `${machine} should be restarted`,
  updatesBroken: (machine) => `The package manager of ${machine} is in trouble: nobody knows which updates wait`,
  missing: (count, name, agent) =>
    count === 1 ? `The backup ${name} of ${agent} is missing` : `${count} backups of ${agent} are missing`,
  backup: (name, status) =>
    `The backup ${name} ${{ FAILED: 'failed', DOUBTFUL: 'cannot be trusted', TRANSFER_INTEGRITY_FAILED: 'arrived damaged', MISSING: 'is missing', HASH_MISMATCH: 'is unchanged' }[status ?? ''] ?? 'is not good'}`,
  inARow: (count) => `, not good ${count} times in a row`,
  files: (count, areLost) =>
    `${count === 1 ? 'A file of the vault is' : `${count} files of the vault are`} ${areLost ? 'lost' : 'damaged'}`,
  reports: (count, agent, areUndeclared) =>
    `${count === 1 ? 'A report' : `${count} reports`} of ${agent} ${areUndeclared ? (count === 1 ? 'belongs to no job' : 'belong to no job') : 'cannot be used'}`,
  scanner: 'Vigie cannot do its work',
  room: (path, isScarce) => `${path} ${isScarce ? 'is almost full' : 'fills up'}`,
  fileSystem: (name, machine, status) =>
    `${name} of ${machine} ${status === 'READ_ONLY' ? 'became read-only after errors' : status === RoomLevel.SCARCE ? 'is almost full' : 'fills up'}`,
  messages: (machine) => `What programs said on ${machine} waits to be read`,
  busy: (machine, { load, memory }) =>
    `${machine} ${load && memory ? 'is overloaded and short of memory' : load ? 'is overloaded' : 'is short of memory'}`,
}

const FR: Words = {
  disksMissing: (count, disk, machine) =>
    count === 1 ? `Le disque ${disk} n’est plus dans ${machine}` : `${count} disques ne sont plus dans ${machine}`,
  array: (kind, name, state) => {
    const is =
      kind === 'MDRAID'
        ? { failed: 'est tombée', degraded: 'est dégradée' }
        : { failed: 'est tombé', degraded: 'est dégradé' }
    const noun = { MDRAID: 'La grappe', ZFS: 'Le pool', LVM: 'Le groupe de volumes' }[kind] ?? 'Le système de fichiers'
    return `${noun} ${name} ${{ ...is, 'at risk': 'est en danger', silent: 'ne répond plus' }[state]}`
  },
  ofMachine: (machine) => ` ${de(machine)}`,
  silent: (machine, missing) =>
    `${machine} ne donne plus signe de vie${missing === 0 ? '' : missing === 1 ? ', et une de ses sauvegardes manque' : `, et ${missing} de ses sauvegardes manquent`}`,
  smartLost: (machine) => `Plus aucun disque ${de(machine)} n’est lisible par S.M.A.R.T.`,
  securityOverdue: (machine, count) =>
    count === 1
      ? `Une mise à jour de sécurité attend sur ${machine}`
      : `${count ?? 'Plusieurs'} mises à jour de sécurité attendent sur ${machine}`,
  rebootOverdue: (machine) => `${machine} doit être redémarrée`,
  updatesBroken: (machine) =>
    `Le gestionnaire de paquets ${de(machine)} est en panne : on ne sait pas quelles mises à jour attendent`,
  missing: (count, name, agent) =>
    count === 1 ? `La sauvegarde ${name} ${de(agent)} manque` : `${count} sauvegardes ${de(agent)} manquent`,
  backup: (name, status) =>
    `La sauvegarde ${name} ${{ FAILED: 'a échoué', DOUBTFUL: 'n’est pas digne de confiance', TRANSFER_INTEGRITY_FAILED: 'est arrivée altérée', MISSING: 'manque', HASH_MISMATCH: 'est inchangée' }[status ?? ''] ?? 'n’est pas bonne'}`,
  inARow: (count) => `, ${count} fois de suite sans être bonne`,
  files: (count, areLost) =>
    count === 1
      ? `Un fichier du coffre est ${areLost ? 'perdu' : 'altéré'}`
      : `${count} fichiers du coffre sont ${areLost ? 'perdus' : 'altérés'}`,
  reports: (count, agent, areUndeclared) =>
    `${count === 1 ? 'Un rapport' : `${count} rapports`} ${de(agent)} ${
      areUndeclared
        ? count === 1
          ? 'ne correspond à aucune sauvegarde attendue'
          : 'ne correspondent à aucune sauvegarde attendue'
        : count === 1
          ? 'est inutilisable'
          : 'sont inutilisables'
    }`,
  scanner: 'Vigie ne peut pas faire son travail',
  room: (path, isScarce) => `${path} ${isScarce ? 'est presque plein' : 'se remplit'}`,
  fileSystem: (name, machine, status) =>
    `${name} ${de(machine)} ${status === 'READ_ONLY' ? 'est passé en lecture seule après des erreurs' : status === RoomLevel.SCARCE ? 'est presque plein' : 'se remplit'}`,
  messages: (machine) => `Des messages ${de(machine)} attendent d’être lus`,
  busy: (machine, { load, memory }) =>
    `${machine} ${load && memory ? 'est surchargée et manque de mémoire' : load ? 'est surchargée' : 'manque de mémoire'}`,
}

const WORDS: Record<Language, Words> = { [Language.EN]: EN, [Language.FR]: FR }

/** What a cause is, as a heading without a full stop. Pure. */
export function causeSentence(facts: CauseFacts, language: Language): string {
  const words = WORDS[language]
  const { kind, alerts, machine, disk, jobs } = facts
  const [worst] = alerts
  if (!worst) return ''
  const count = alerts.length
  const [job, ...others] = jobs
  // Of several each has its own count.
  const inARow = job && others.length === 0 && job.badInARow > 1 ? words.inARow(job.badInARow) : ''
  switch (kind) {
    case CauseKind.DISK: {
      const { status } = alerts.find(({ type }) => type === AlertType.DISK) ?? worst
      return diskSentence({ disk, machine, status }, language)
    }
    case CauseKind.DISKS_MISSING:
      return words.disksMissing(alerts.filter(({ type }) => type === AlertType.DISK).length, disk, machine)
    case CauseKind.ARRAY:
      return words.array(
        String(worst.facts.kind),
        `${worst.facts.name}${words.ofMachine(machine)}`,
        worst.status === Health.FAILED
          ? 'failed'
          : worst.status === 'NOT_ANSWERING'
            ? 'silent'
            : worst.facts.reasons?.some(({ code }) => code === 'ARRAY_DEGRADED')
              ? 'degraded'
              : 'at risk',
      )
    case CauseKind.SMART_LOST:
      return words.smartLost(machine)
    case CauseKind.SECURITY_OVERDUE:
      return words.securityOverdue(machine, worst.facts.count ?? null)
    case CauseKind.REBOOT_OVERDUE:
      return words.rebootOverdue(machine)
    case CauseKind.UPDATES_BROKEN:
      return words.updatesBroken(machine)
    case CauseKind.ACTION:
      return actionSentence(
        { action: worst.facts.action, about: worst.facts.about, status: worst.status, machine },
        language === Language.FR ? 'fr' : 'en',
      )
    case CauseKind.MACHINE_SILENT:
      return words.silent(machine, alerts.filter(({ type }) => type === AlertType.BACKUP).length)
    case CauseKind.BACKUPS_MISSING:
      return `${words.missing(count, job?.databaseName ?? '?', job?.agentId ?? '?')}${inARow}`
    case CauseKind.BACKUP: {
      const name = job ? `${job.databaseName}${words.ofMachine(job.agentId)}` : (worst.facts.name ?? '?')
      // A doubt is not counted in nights.
      return `${words.backup(name, worst.status)}${worst.status === 'DOUBTFUL' ? '' : inARow}`
    }
    case CauseKind.FILES:
      return words.files(count, worst.status === 'BACKUP_LOST')
    case CauseKind.REPORTS:
      return words.reports(
        count,
        worst.facts.name?.split('/')[0] ?? '?',
        alerts.every(({ status }) => status === 'UNDECLARED'),
      )
    case CauseKind.SCANNER:
      return words.scanner
    case CauseKind.FILE_SYSTEM:
      return words.fileSystem(worst.facts.name ?? '?', machine, worst.status)
    case CauseKind.MESSAGES:
      return words.messages(machine)
    case CauseKind.BUSY:
      return words.busy(machine, {
        load: alerts.some(({ status }) => status === 'LOAD'),
        memory: alerts.some(({ status }) => status === 'MEMORY'),
      })
    case CauseKind.ROOM:
      return words.room(worst.facts.name ?? '?', worst.status === RoomLevel.SCARCE)
  }
}
