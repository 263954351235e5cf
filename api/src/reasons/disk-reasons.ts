import { bytesInWords, compte, count, type Entry, octetsEnMots } from './entry.ts'

/** What smartctl reads of a disk, by the protocol that it speaks. */
const SOURCES = new Map([
  ['attributes', { en: 'The table of attributes', fr: 'Le tableau des attributs' }],
  ['nvme', { en: 'The health log', fr: 'Le journal de santé' }],
  ['scsi', { en: 'The error counter log', fr: 'Le journal des compteurs d’erreurs' }],
])
const sourceOf = (name: string) => SOURCES.get(name) ?? { en: `The log ${name}`, fr: `Le journal ${name}` }

const years = (hours: number | '?'): string => (hours === '?' ? '?' : (hours / 8766).toFixed(1))

/** SPC-5, additional sense code 0Bh by its qualifier. */
const SCSI_WARNINGS = new Map([
  [0x01, { en: 'its specified temperature is exceeded', fr: 'sa température nominale est dépassée' }],
  [0x02, { en: 'its enclosure is degraded', fr: 'son boîtier est dégradé' }],
  [0x03, { en: 'its background self-test failed', fr: 'son autotest en tâche de fond a échoué' }],
  [0x04, { en: 'its background scan found a medium error', fr: 'son examen préalable a trouvé une erreur de support' }],
  [
    0x05,
    {
      en: 'its background scan found a medium error',
      fr: 'son examen en tâche de fond a trouvé une erreur de support',
    },
  ],
  [0x06, { en: 'its cache is no longer safe from power loss', fr: 'son cache n’est plus protégé des coupures' }],
  [0x07, { en: 'the power of its cache is degraded', fr: 'l’alimentation de son cache est dégradée' }],
  [0x08, { en: 'power loss is expected', fr: 'une coupure de courant est attendue' }],
  [0x09, { en: 'a device statistic met its condition', fr: 'une statistique a atteint sa condition' }],
  [0x0a, { en: 'its critical high temperature is exceeded', fr: 'sa température maximale critique est dépassée' }],
  [0x0b, { en: 'it is below its critical low temperature', fr: 'il est sous sa température minimale critique' }],
  [0x0c, { en: 'its high operating temperature is exceeded', fr: 'sa température maximale de service est dépassée' }],
  [0x0d, { en: 'it is below its low operating temperature', fr: 'il est sous sa température minimale de service' }],
  [0x14, { en: 'the state of one of its parts has changed', fr: 'l’état d’un de ses éléments a changé' }],
])
const scsiWarning = (ascq: number | '?') =>
  (ascq === '?' ? undefined : SCSI_WARNINGS.get(ascq)) ?? {
    en: "in words of its vendor's own",
    fr: 'en termes propres à son fabricant',
  }

/** Every reason about a disk, as a sentence in English and French. The rules that raise them are in rules/. */
export const DISK_REASONS = {
  CLAIMED_BY_TWO: {
    en: ({ name }) =>
      `${name} reports this disk too, and said so: its word counts until one of the two gives the disk up.`,
    fr: ({ name }) =>
      `${name} signale aussi ce disque et l’a dit : sa parole compte jusqu’à ce que l’une des deux machines ne le signale plus.`,
  },
  SOURCE_NOT_READ: {
    en: ({ name }) => `${sourceOf(name).en} was read before, and could not be read now: less is known of this disk.`,
    fr: ({ name }) => `${sourceOf(name).fr}, lu auparavant, n’a pas pu être lu : on en sait moins sur ce disque.`,
  },
  FINDINGS_NOT_READ_AGAIN: {
    en: ({ value }) =>
      `The newest reading does not hold what told ${count(value, 'finding', 'findings')} above: they count until that is read again.`,
    fr: ({ value }) =>
      `Le dernier relevé ne contient pas l’origine de ${compte(value, 'constat', 'constats')} ci-dessus : ils comptent jusqu’à ce qu’elle soit relue.`,
  },
  SMART_FAILED: {
    en: () => 'The disk reports that it is failing (S.M.A.R.T. overall self-assessment).',
    fr: () => 'Le disque signale lui-même sa défaillance (autoévaluation S.M.A.R.T.).',
  },
  ATTRIBUTE_FAILING_NOW: {
    en: ({ name, value, limit }) => `${name} is at ${value}, at or below its failure threshold of ${limit}.`,
    fr: ({ name, value, limit }) => `${name} est à ${value}, au niveau ou sous son seuil de défaillance de ${limit}.`,
  },
  ATTRIBUTE_FAILED_BEFORE: {
    en: ({ name, limit }) => `${name} has been at or below its failure threshold of ${limit} in the past.`,
    fr: ({ name, limit }) => `${name} a déjà atteint son seuil de défaillance de ${limit}.`,
  },
  REALLOCATED_SECTORS: {
    en: ({ value }) => `${count(value, 'sector has', 'sectors have')} been reallocated.`,
    fr: ({ value }) => `${compte(value, 'secteur a été réalloué', 'secteurs ont été réalloués')}.`,
  },
  REALLOCATED_GROWING: {
    en: ({ value, limit }) => `Reallocated sectors rose from ${limit} to ${value} within 30 days.`,
    fr: ({ value, limit }) => `Les secteurs réalloués sont passés de ${limit} à ${value} en 30 jours.`,
  },
  REALLOCATED_STABLE: {
    en: ({ value, subject }) =>
      `${count(value, 'sector was', 'sectors were')} reallocated long ago; none since ${subject ?? 'a year'}.`,
    fr: ({ value, subject }) =>
      `${compte(value, 'secteur réalloué', 'secteurs réalloués')} il y a longtemps ; aucun depuis ${subject ? `le ${subject}` : 'un an'}.`,
  },
  COUNTER_DISPUTED: {
    en: ({ value, name }) =>
      `${name} says ${value}, the disk's own statistics by the standard say 0: they are the better witness.`,
    fr: ({ value, name }) =>
      `${name} indique ${value}, les statistiques normalisées du disque indiquent 0 : elles font foi.`,
  },
  WORSENING_FAST: {
    en: ({ value }) => `${count(value, 'more bad sector', 'more bad sectors')} within 7 days: there is little time.`,
    fr: ({ value }) =>
      `${compte(value, 'secteur défectueux de plus', 'secteurs défectueux de plus')} en 7 jours : le temps presse.`,
  },
  SPARE_SECTORS_LOW: {
    en: ({ value, limit }) =>
      `The reserve of spare sectors is nearly used up: ${value}, and the disk fails at ${limit}.`,
    fr: ({ value, limit }) => `La réserve de secteurs est presque épuisée : ${value}, défaillance à ${limit}.`,
  },
  REPORTED_UNCORRECTABLE: {
    en: ({ value }) => `${count(value, 'error', 'errors')} could not be corrected.`,
    fr: ({ value }) => `${compte(value, 'erreur n’a pas pu être corrigée', 'erreurs n’ont pas pu être corrigées')}.`,
  },
  PENDING_SECTORS: {
    en: ({ value }) => `${count(value, 'sector', 'sectors')} cannot be read and may be lost.`,
    fr: ({ value }) =>
      `${compte(value, 'secteur est illisible', 'secteurs sont illisibles')} et peut-être perdu${value !== '?' && value < 2 ? '' : 's'}.`,
  },
  PENDING_DEFECTS: {
    en: ({ value }) => `The disk lists ${count(value, 'sector', 'sectors')} that it cannot read.`,
    fr: ({ value }) => `Le disque liste ${compte(value, 'secteur illisible', 'secteurs illisibles')}.`,
  },
  REALLOCATION_CANDIDATES: {
    en: ({ value }) => `${count(value, 'sector waits', 'sectors wait')} to be reallocated and may be lost.`,
    fr: ({ value }) =>
      `${compte(value, 'secteur attend', 'secteurs attendent')} d’être réalloué${value !== '?' && value < 2 ? ' et est peut-être perdu' : 's et sont peut-être perdus'}.`,
  },
  PENDING_ECC: {
    en: ({ value }) =>
      `${count(value, 'block waits', 'blocks wait')} to be rewritten by the disk's own error correction.`,
    fr: ({ value }) =>
      `${compte(value, 'bloc attend', 'blocs attendent')} d’être réécrit${value !== '?' && value < 2 ? '' : 's'} par la correction d’erreurs du disque.`,
  },
  SIGNS_AGREE: {
    en: ({ value }) => `${value} independent signs say the same: unreadable sectors. Replace it now.`,
    fr: ({ value }) => `${value} signes indépendants concordent : des secteurs illisibles. Remplacez-le maintenant.`,
  },
  PENDING_HEALED: {
    en: ({ value }) =>
      `${count(value, 'unreadable sector was', 'unreadable sectors were')} cured within the last 30 days.`,
    fr: ({ value }) =>
      `${compte(value, 'secteur illisible a été récupéré', 'secteurs illisibles ont été récupérés')} ces 30 derniers jours.`,
  },
  OFFLINE_UNCORRECTABLE: {
    en: ({ value }) => `${count(value, 'sector', 'sectors')} could not be read in the disk's own scan.`,
    fr: ({ value }) =>
      `${compte(value, 'secteur illisible', 'secteurs illisibles')} lors de l’analyse interne du disque.`,
  },
  REALLOCATION_EVENTS: {
    en: ({ value }) => `The disk tried ${count(value, 'time', 'times')} to reallocate a sector.`,
    fr: ({ value }) => `Le disque a tenté ${value} fois de réallouer un secteur.`,
  },
  SPIN_RETRIES: {
    en: ({ value }) => `The disk needed ${count(value, 'retry', 'retries')} to spin up.`,
    fr: ({ value }) => `Le disque a dû s’y reprendre à ${value} fois pour démarrer.`,
  },
  START_FAILURES: {
    en: ({ value, limit }) =>
      `The disk failed to start ${count(value, 'time', 'times')}${limit === '?' ? ' so far' : `, after ${limit} a month ago`}.`,
    fr: ({ value, limit }) =>
      `Le disque n’a pas réussi à démarrer ${value} fois${limit === '?' ? ' jusqu’ici' : `, contre ${limit} il y a un mois`}.`,
  },
  HELIUM_LOW: {
    en: ({ value, name }) => `The sealed disk loses its helium: ${value} of 100 (${name}).`,
    fr: ({ value, name }) => `Le disque scellé perd son hélium : ${value} sur 100 (${name}).`,
  },
  END_TO_END_ERRORS: {
    en: ({ value }) => `${count(value, 'block was', 'blocks were')} changed between the disk's cache and its host.`,
    fr: ({ value }) =>
      `${compte(value, 'bloc a été altéré', 'blocs ont été altérés')} entre le cache du disque et l’hôte.`,
  },
  COMMAND_TIMEOUTS: {
    en: () => 'Commands have timed out in the past.',
    fr: () => 'Des commandes ont expiré par le passé.',
  },
  COMMAND_TIMEOUTS_GROWING: {
    en: ({ value }) =>
      `${count(value, 'more command', 'more commands')} timed out within 7 days: check cable and power.`,
    fr: ({ value }) =>
      `${compte(value, 'commande de plus a expiré', 'commandes de plus ont expiré')} en 7 jours : vérifiez câble et alimentation.`,
  },
  CRC_ERRORS: {
    en: ({ value }) => `${count(value, 'transfer error', 'transfer errors')} on the cable so far; none of late.`,
    fr: ({ value }) =>
      `${compte(value, 'erreur de transfert', 'erreurs de transfert')} sur le câble jusqu’ici ; aucune récente.`,
  },
  CRC_ERRORS_GROWING: {
    en: ({ value, limit }) =>
      `Transfer errors rose from ${limit} to ${value} within 30 days: check the cable, not the disk.`,
    fr: ({ value, limit }) =>
      `Les erreurs de transfert sont passées de ${limit} à ${value} en 30 jours : vérifiez le câble, pas le disque.`,
  },
  LIFE_LEFT_LOW: {
    en: ({ value, name }) => `${value} % of the rated life is left (${name}).`,
    fr: ({ value, name }) => `Il reste ${value} % de la durée de vie prévue (${name}).`,
  },
  RESERVE_LOW: {
    en: ({ value, limit, name }) =>
      `The reserve of blocks is down to ${value}; the disk's limit is ${limit} (${name}).`,
    fr: ({ value, limit, name }) =>
      `La réserve de blocs est tombée à ${value} ; la limite du disque est ${limit} (${name}).`,
  },
  RESERVE_FALLING: {
    en: ({ value, limit, name }) => `The reserve of blocks fell from ${limit} to ${value} within 30 days (${name}).`,
    fr: ({ value, limit, name }) => `La réserve de blocs est passée de ${limit} à ${value} en 30 jours (${name}).`,
  },
  ENDURANCE_USED: {
    en: ({ value }) => `${value} % of the rated endurance is used.`,
    fr: ({ value }) => `${value} % de l’endurance prévue est consommée.`,
  },
  SELF_TEST_FAILED: {
    en: () => "The disk's newest self-test failed.",
    fr: () => 'Le dernier autotest du disque a échoué.',
  },
  SELF_TEST_ERRORS_LOGGED: {
    en: () => 'The self-test log holds errors.',
    fr: () => 'Le journal des autotests contient des erreurs.',
  },
  ERROR_LOG: {
    en: ({ value }) => `The disk's error log counts ${count(value, 'entry', 'entries')}.`,
    fr: ({ value }) => `Le journal d’erreurs du disque compte ${compte(value, 'entrée', 'entrées')}.`,
  },
  ERROR_LOG_GROWING: {
    en: ({ value, limit }) => `The disk's error log grew from ${limit} to ${value} entries within 30 days.`,
    fr: ({ value, limit }) => `Le journal d’erreurs est passé de ${limit} à ${value} entrées en 30 jours.`,
  },
  NVME_SPARE_EXHAUSTED: {
    en: ({ value, limit }) => `Spare capacity is ${value} %, below the disk's own limit of ${limit} %.`,
    fr: ({ value, limit }) => `La capacité de réserve est de ${value} %, sous la limite du disque de ${limit} %.`,
  },
  NVME_SPARE_LOW: {
    en: ({ value, limit }) => `Spare capacity is down to ${value} %; the disk's limit is ${limit} %.`,
    fr: ({ value, limit }) => `La capacité de réserve est tombée à ${value} % ; la limite du disque est ${limit} %.`,
  },
  NVME_SPARE_FALLING: {
    en: ({ value, limit }) => `Spare capacity fell from ${limit} % to ${value} % within 30 days.`,
    fr: ({ value, limit }) => `La capacité de réserve est passée de ${limit} % à ${value} % en 30 jours.`,
  },
  NVME_WARNING_SPARE: {
    en: () => 'The disk warns: spare capacity below its threshold (critical warning bit 0).',
    fr: () => 'Le disque avertit : capacité de réserve sous son seuil (bit 0).',
  },
  NVME_WARNING_TEMPERATURE: {
    en: () => 'The disk warns: temperature outside its limits (critical warning bit 1).',
    fr: () => 'Le disque avertit : température hors limites (bit 1).',
  },
  NVME_WARNING_RELIABILITY: {
    en: () => 'The disk warns: reliability degraded by media or internal errors (critical warning bit 2).',
    fr: () => 'Le disque avertit : fiabilité dégradée par des erreurs (bit 2).',
  },
  NVME_WARNING_READ_ONLY: {
    en: () => 'The disk has become read-only (critical warning bit 3).',
    fr: () => 'Le disque est passé en lecture seule (bit 3).',
  },
  NVME_WARNING_BACKUP: {
    en: () => 'The disk warns: the backup of its volatile memory failed (critical warning bit 4).',
    fr: () => 'Le disque avertit : la sauvegarde de sa mémoire volatile a échoué (bit 4).',
  },
  NVME_WARNING_MEMORY_REGION: {
    en: () => 'The disk warns: its persistent memory region is unreliable (critical warning bit 5).',
    fr: () => 'Le disque avertit : sa mémoire persistante n’est plus fiable (bit 5).',
  },
  MEDIA_ERRORS: {
    en: ({ value }) => `${count(value, 'media error', 'media errors')} so far.`,
    fr: ({ value }) => `${compte(value, 'erreur de support', 'erreurs de support')} jusqu’ici.`,
  },
  MEDIA_ERRORS_GROWING: {
    en: ({ value, limit }) => `Media errors rose from ${limit} to ${value} within 30 days.`,
    fr: ({ value, limit }) => `Les erreurs de support sont passées de ${limit} à ${value} en 30 jours.`,
  },
  GROWN_DEFECTS: {
    en: ({ value }) => `${count(value, 'defect has', 'defects have')} been added to the disk's list.`,
    fr: ({ value }) => `${compte(value, 'défaut s’est ajouté', 'défauts se sont ajoutés')} à la liste du disque.`,
  },
  GROWN_DEFECTS_GROWING: {
    en: ({ value, limit }) => `Grown defects rose from ${limit} to ${value} within 30 days.`,
    fr: ({ value, limit }) => `Les défauts sont passés de ${limit} à ${value} en 30 jours.`,
  },
  SCSI_WARNING: {
    en: ({ value, name }) => `The disk warns: ${scsiWarning(value).en} (${name}).`,
    fr: ({ value, name }) => `Le disque avertit : ${scsiWarning(value).fr} (${name}).`,
  },
  UNCORRECTED_ERRORS: {
    en: ({ value }) => `${count(value, 'read or write', 'reads or writes')} could not be corrected.`,
    fr: ({ value }) =>
      `${compte(value, 'lecture ou écriture n’a pas pu être corrigée', 'lectures ou écritures n’ont pas pu être corrigées')}.`,
  },
  UNCORRECTED_VERIFIES: {
    en: ({ value }) => `${count(value, 'verification', 'verifications')} found errors that could not be corrected.`,
    fr: ({ value }) =>
      `${compte(value, 'vérification a trouvé', 'vérifications ont trouvé')} des erreurs non corrigées.`,
  },
  TEMPERATURE_HIGH: {
    en: ({ value, limit }) => `${value} °C is above ${limit} °C.`,
    fr: ({ value, limit }) => `${value} °C dépasse ${limit} °C.`,
  },
  TEMPERATURE_CRITICAL: {
    en: ({ value, limit }) => `${value} °C is above the critical ${limit} °C.`,
    fr: ({ value, limit }) => `${value} °C dépasse la limite critique de ${limit} °C.`,
  },
  POWER_ON_OLD: {
    en: ({ value }) => `The disk has run for ${years(value)} years.`,
    fr: ({ value }) => `Le disque a tourné ${years(value).replace('.', ',')} ans.`,
  },
  CAPACITY_LOST: {
    en: ({ value, limit }) =>
      value === 0
        ? `The kernel sees no room on it any more; it had ${bytesInWords(limit)}.`
        : `It shows ${bytesInWords(value)} of the ${bytesInWords(limit)} that it had.`,
    fr: ({ value, limit }) =>
      value === 0
        ? `Le noyau n’y voit plus aucun espace ; il avait ${octetsEnMots(limit)}.`
        : `Il n’affiche plus que ${octetsEnMots(value)} sur ${octetsEnMots(limit)}.`,
  },
  POOL_MEMBER_DEGRADED: {
    en: ({ name }) => `Its array or pool does not count on it any more (${name}).`,
    fr: ({ name }) => `Sa grappe ou son pool ne compte plus sur lui (${name}).`,
  },
  POOL_MEMBER_ERRORS: {
    en: ({ value, name }) => `${count(value, 'error', 'errors')} of reading, writing or checksums (${name}).`,
    fr: ({ value, name }) =>
      `${compte(value, 'erreur', 'erreurs')} de lecture, d’écriture ou de somme de contrôle (${name}).`,
  },
  ARRAY_NOT_ANSWERING: {
    en: ({ name }) => `Its tool has not answered since ${name}: what is told of it is of before, and it may hang.`,
    fr: ({ name }) =>
      `Son outil ne répond plus depuis le ${name} : ce qui en est dit date d’avant, et il est peut-être bloqué.`,
  },
  ARRAY_DEGRADED: {
    en: ({ value, limit, name }) =>
      `${name} works with ${value} of ${limit} members: what it bears is less than it should.`,
    fr: ({ value, limit, name }) =>
      `${name} fonctionne avec ${value} membres sur ${limit} : elle supporte moins de pannes que prévu.`,
  },
  ARRAY_SLOTS_EMPTY: {
    en: ({ value, limit, name }) =>
      `${name} has ${value} of ${limit} slots filled, as NAS makers build their own arrays.`,
    fr: ({ value, limit, name }) =>
      `${name} a ${value} emplacements occupés sur ${limit}, comme les fabricants de NAS construisent les leurs.`,
  },
  ARRAY_BROKEN: {
    en: ({ name }) => `${name} has lost more members than it can bear: what is on it cannot be read.`,
    fr: ({ name }) => `${name} a perdu plus de membres qu’il n’en supporte : son contenu est illisible.`,
  },
  ARRAY_REBUILDING: {
    en: ({ name }) => `${name} is being rebuilt.`,
    fr: ({ name }) => `${name} est en reconstruction.`,
  },
  POOL_FILLING: {
    en: ({ name, value }) => `The thin pool ${name} is ${value} % full; at its end, writes on all of its volumes fail.`,
    fr: ({ name, value }) => `Le pool ${name} est plein à ${value} % ; au bout, toute écriture sur ses volumes échoue.`,
  },
  ARRAY_INACTIVE: {
    en: ({ name }) => `${name} is not running: nothing on it can be read.`,
    fr: ({ name }) => `${name} n’est pas démarrée : rien n’y est lisible.`,
  },
  ARRAY_MEMBER_FAILED: {
    en: ({ name }) => `Its member ${name} failed or is gone.`,
    fr: ({ name }) => `Son membre ${name} est défaillant ou absent.`,
  },
  POOL_UNAVAILABLE: {
    en: ({ name }) => `The pool cannot be used (${name}).`,
    fr: ({ name }) => `Le pool est inutilisable (${name}).`,
  },
  POOL_DATA_LOST: {
    en: ({ value, name }) => `${count(value, 'piece of data is', 'pieces of data are')} damaged for good: ${name}.`,
    fr: ({ value, name }) =>
      `${compte(value, 'donnée est définitivement altérée', 'données sont définitivement altérées')} : ${name}.`,
  },
  POOL_SCRUB_ERRORS: {
    en: ({ value, name }) => `The last scrub of ${name} ended with ${count(value, 'error', 'errors')}.`,
    fr: ({ value, name }) => `Le dernier contrôle de ${name} s’est terminé avec ${compte(value, 'erreur', 'erreurs')}.`,
  },
  VOLUME_UNHEALTHY: {
    en: ({ name }) => `A logical volume is not whole (${name}).`,
    fr: ({ name }) => `Un volume logique n’est pas entier (${name}).`,
  },
  REPORTED_OK: {
    en: ({ subject }) => `As reported by the script: ${subject ?? 'ok'}.`,
    fr: ({ subject }) => `D’après le script : ${subject ?? 'ok'}.`,
  },
  REPORTED_WARNING: {
    en: ({ subject }) => `The script reports a warning${subject ? `: ${subject}` : ''}.`,
    fr: ({ subject }) => `Le script signale un avertissement${subject ? ` : ${subject}` : ''}.`,
  },
  REPORTED_FAILED: {
    en: ({ subject }) => `The script reports a failure${subject ? `: ${subject}` : ''}.`,
    fr: ({ subject }) => `Le script signale une défaillance${subject ? ` : ${subject}` : ''}.`,
  },
  STOPPED_ANSWERING: {
    en: ({ value, name }) =>
      `It could not be read ${value === 1 ? 'this time' : `${value} times running`}, though it could before, since ${name.replace(/\.$/, '')}.`,
    fr: ({ value, name }) =>
      `Illisible ${value === 1 ? 'cette fois' : `${value} fois de suite`}, alors qu’il ne l’était pas avant, depuis ${name.replace(/\.$/, '')}.`,
  },
  DISK_MISSING: {
    en: () => 'It is missing from the reports of its machine.',
    fr: () => 'Il manque dans les rapports de sa machine.',
  },
  NEVER_READ: {
    en: ({ subject }) => `Its health has never been read${subject ? `: ${subject}` : ''}.`,
    fr: ({ subject }) => `Sa santé n’a jamais été lue${subject ? ` : ${subject}` : ''}.`,
  },
  NO_HEALTH_DATA: {
    en: () => 'What was read says nothing about its health.',
    fr: () => 'Ce qui a été lu ne dit rien de sa santé.',
  },
  READING_OLD: {
    en: ({ value }) => `Last read ${value} hours ago, and good then; an older reading proves nothing.`,
    fr: ({ value }) => `Dernière lecture, bonne, il y a ${value} heures ; une lecture plus ancienne ne prouve rien.`,
  },
  VIRTUAL_DISK: {
    en: ({ name }) => `A virtual disk (${name}): its health is that of the host's disks.`,
    fr: ({ name }) => `Disque virtuel (${name}) : sa santé est celle des disques de l’hôte.`,
  },
  RAID_VOLUME: {
    en: ({ name }) => `A volume of a RAID controller (${name}): name its disks in the agent's settings to read them.`,
    fr: ({ name }) => `Volume d’un contrôleur RAID (${name}) : nommez ses disques dans la configuration de l’agent.`,
  },
  NO_DEVICE_TYPE: {
    en: ({ subject }) => `smartctl does not know this device: ${subject ?? 'no type found'}.`,
    fr: ({ subject }) => `smartctl ne reconnaît pas ce périphérique : ${subject ?? 'type inconnu'}.`,
  },
  NO_SMART: {
    en: () => 'The device has no S.M.A.R.T.',
    fr: () => 'Le périphérique n’a pas de S.M.A.R.T.',
  },
} satisfies Record<string, Entry>
