import { compte, count, type Entry, bytesInWords, octetsEnMots } from './entry.ts'

const late = (minutes: number | '?'): string =>
  minutes === '?' ? '?' : minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`

/** Every reason about a backup, as a sentence in English and French. verdict.ts raises them. */
export const BACKUP_REASONS = {
  STEP_FAILED: {
    en: ({ name }) => `The agent reports that a step failed (${name}).`,
    fr: ({ name }) => `L’agent signale l’échec d’une étape (${name}).`,
  },
  NOTHING_CAME: {
    en: () => 'No report had come by the end of the grace.',
    fr: () => 'Aucun rapport n’est arrivé avant la fin du délai.',
  },
  FILE_ABSENT: {
    en: ({ name }) => `The report declares success, but ${name} is not in the deposit folder.`,
    fr: ({ name }) => `Le rapport annonce un succès, mais ${name} est absent du dossier de dépôt.`,
  },
  FILE_ARRIVING: {
    en: ({ value, limit }) => `The file is still arriving: ${bytesInWords(value)} of ${bytesInWords(limit)}.`,
    fr: ({ value, limit }) => `Le fichier arrive encore : ${octetsEnMots(value)} sur ${octetsEnMots(limit)}.`,
  },
  ROOM_USED: {
    en: ({ name, value, limit }) => `${name} is ${value} % full; ${bytesInWords(limit)} are free.`,
    fr: ({ name, value, limit }) => `${name} est plein à ${value} % ; ${octetsEnMots(limit)} sont libres.`,
  },
  ROOM_FULL_ON: {
    en: ({ name, value }) => `At the pace of the last month it is full on ${name}, in ${count(value, 'day', 'days')}.`,
    fr: ({ name, value }) =>
      `Au rythme du dernier mois, il sera plein le ${name}, dans ${compte(value, 'jour', 'jours')}.`,
  },
  NOT_QUARANTINED: {
    en: ({ name }) => `The file could not be put apart, and lies where it came (${name}).`,
    fr: ({ name }) => `Le fichier n’a pas pu être mis à part et reste où il est arrivé (${name}).`,
  },
  FILE_VERIFYING: {
    en: ({ name, value }) => `${name} is here (${bytesInWords(value)}) and being verified.`,
    fr: ({ name, value }) => `${name} est arrivé (${octetsEnMots(value)}) ; sa vérification est en cours.`,
  },
  FILE_MOVING: {
    en: ({ name, value }) => `${name} is verified and being copied to the vault (${bytesInWords(value)}).`,
    fr: ({ name, value }) => `${name} est vérifié ; sa copie dans le coffre est en cours (${octetsEnMots(value)}).`,
  },
  FILE_AWAITED: {
    en: ({ name }) => `The report is here; ${name} is awaited.`,
    fr: ({ name }) => `Le rapport est arrivé ; ${name} est attendu.`,
  },
  SIZE_SMALLER: {
    en: ({ value, limit }) =>
      `The file has ${count(value, 'byte', 'bytes')}, fewer than the ${limit} that were declared.`,
    fr: ({ value, limit }) => `Le fichier a ${compte(value, 'octet', 'octets')}, moins que les ${limit} annoncés.`,
  },
  SIZE_LARGER: {
    en: ({ value, limit }) =>
      `The file has ${count(value, 'byte', 'bytes')}, more than the ${limit} that were declared.`,
    fr: ({ value, limit }) => `Le fichier a ${compte(value, 'octet', 'octets')}, plus que les ${limit} annoncés.`,
  },
  HASH_DIFFERS: {
    en: () => 'The file’s SHA-256 is not the one that the agent declared.',
    fr: () => 'Le SHA-256 du fichier n’est pas celui que l’agent a annoncé.',
  },
  CONTENT_HASH_DIFFERS: {
    en: () => 'What comes out of decompression has not the SHA-256 of the dump that the agent declared.',
    fr: () => 'Le contenu décompressé n’a pas le SHA-256 annoncé par l’agent pour la sauvegarde.',
  },
  DECOMPRESSION_FAILED: {
    en: ({ name }) => `The archive cannot be decompressed (${name}).`,
    fr: ({ name }) => `L’archive ne se décompresse pas (${name}).`,
  },
  EXPANDS_TOO_FAR: {
    en: ({ value, limit }) =>
      `The archive expands beyond ${bytesInWords(limit)}, more than ${value} times its size: decompression was stopped.`,
    fr: ({ value, limit }) =>
      `L’archive dépasse ${octetsEnMots(limit)} une fois décompressée, plus de ${value} fois sa taille : arrêt de la décompression.`,
  },
  DUMP_INCOMPLETE: {
    en: ({ name }) => `The dump ends without its completion mark (${name}): it was cut short.`,
    fr: ({ name }) => `La sauvegarde finit sans sa marque de fin (${name}) : elle est tronquée.`,
  },
  DUMP_UNREADABLE: {
    en: ({ name }) => `pg_restore cannot read the dump to its end (${name}).`,
    fr: ({ name }) => `pg_restore ne peut pas lire la sauvegarde jusqu’au bout (${name}).`,
  },
  TAR_CUT: {
    en: ({ name }) => `The tar was cut, or is damaged (${name}).`,
    fr: ({ name }) => `L’archive tar est tronquée ou endommagée (${name}).`,
  },
  DATABASE_DAMAGED: {
    en: ({ name }) => `SQLite finds the database damaged (${name}).`,
    fr: ({ name }) => `SQLite juge la base endommagée (${name}).`,
  },
  EMPTY_FILE: {
    en: () => 'The file is empty.',
    fr: () => 'Le fichier est vide.',
  },
  NOT_A_FILE: {
    en: ({ name }) => `${name} is not a plain file: links and devices are never followed.`,
    fr: ({ name }) => `${name} n’est pas un fichier ordinaire : liens et périphériques ne sont jamais suivis.`,
  },
  FILE_UNREADABLE: {
    en: ({ name }) =>
      `Vigie may not read the file (${name}): put Vigie and the rsync user into one group, and send with rsync --chmod=F660,D2770.`,
    fr: ({ name }) =>
      `Vigie n’a pas le droit de lire le fichier (${name}) : mettez Vigie et l’utilisateur de rsync dans un même groupe, et envoyez avec rsync --chmod=F660,D2770.`,
  },
  NOT_SETTLED: {
    en: () => 'The grace has ended, and the backup is still not in the vault.',
    fr: () => 'Le délai est écoulé, et la sauvegarde n’est toujours pas dans le coffre.',
  },
  NOT_PROVEN: {
    en: () => 'This job takes only what is proven, and the content of this file could not be checked to its end.',
    fr: () =>
      'Cette tâche n’accepte que ce qui est prouvé, et le contenu de ce fichier n’a pas pu être vérifié jusqu’au bout.',
  },
  FILE_DAMAGED: {
    en: () => 'It was good when it came; read again, its file in the vault is damaged.',
    fr: () => 'Elle était bonne à son arrivée ; relu, son fichier dans le coffre est endommagé.',
  },
  FILE_GONE: {
    en: () => 'It was good when it came; its file is not in the vault any more, and nobody deleted it by rule.',
    fr: () =>
      'Elle était bonne à son arrivée ; son fichier n’est plus dans le coffre, et aucune règle ne l’a supprimé.',
  },
  SAME_AS_OLDER: {
    en: ({ name }) =>
      `Byte for byte the backup of ${name} UTC, which is not the last: an old file seems to have been sent again.`,
    fr: ({ name }) =>
      `Identique, octet pour octet, à la sauvegarde du ${name} UTC, qui n’est pas la dernière : un ancien fichier semble avoir été renvoyé.`,
  },
  SAME_AS_OTHER: {
    en: ({ name }) => `Byte for byte what ${name} sent: one of the two dumps is of the wrong database.`,
    fr: ({ name }) =>
      `Identique, octet pour octet, à l’envoi de ${name} : l’une des deux sauvegardes est celle d’une autre base.`,
  },
  DUMP_DATE_OFF: {
    en: ({ name }) => `The dump says that it was made on ${name}, which is not the day of this backup.`,
    fr: ({ name }) => `La sauvegarde dit dater du ${name}, ce qui n’est pas le jour attendu.`,
  },
  SIZE_UNUSUAL: {
    en: ({ value, limit }) => `It has ${bytesInWords(value)}, where ${bytesInWords(limit)} are usual.`,
    fr: ({ value, limit }) => `Elle pèse ${octetsEnMots(value)}, là où ${octetsEnMots(limit)} sont habituels.`,
  },
  RUN_ID_REUSED: {
    en: () => 'The agent used the id of an earlier run for another report: it counts as a run of its own.',
    fr: () =>
      'L’agent a réutilisé l’identifiant d’une exécution passée pour un autre rapport : il compte comme une exécution à part.',
  },
  CLOCK_BEHIND: {
    en: ({ value }) =>
      `The agent’s clock runs ${count(value, 'minute', 'minutes')} behind this server’s: the run is filed by its arrival.`,
    fr: ({ value }) =>
      `L’horloge de l’agent retarde de ${compte(value, 'minute', 'minutes')} sur celle du serveur : l’exécution est classée par son arrivée.`,
  },
  OVERALL_FAILED: {
    en: ({ name }) => `The report calls itself failed as a whole (${name}), though none of its steps did.`,
    fr: ({ name }) => `Le rapport se dit en échec dans l’ensemble (${name}), alors qu’aucune étape ne l’est.`,
  },
  CHANGED_WHILE_READING: {
    en: () => 'The file changed while it was being read; it is read again at the next scan.',
    fr: () => 'Le fichier a changé pendant sa lecture ; il sera relu au prochain passage.',
  },
  NOT_PROMOTED: {
    en: ({ name }) => `The file is good, but could not be moved to the vault (${name}).`,
    fr: ({ name }) => `Le fichier est bon, mais n’a pas pu être déplacé vers le coffre (${name}).`,
  },
  TARGET_TAKEN: {
    en: ({ name }) => `Another file already lies at ${name}; nothing is overwritten.`,
    fr: ({ name }) => `Un autre fichier occupe déjà ${name} ; rien n’est écrasé.`,
  },
  FILE_LOST: {
    en: ({ name }) => `The file vanished on its way to the vault (${name}).`,
    fr: ({ name }) => `Le fichier a disparu en chemin vers le coffre (${name}).`,
  },
  UNCHANGED: {
    en: () => 'Byte for byte the same file as the last good backup: nothing changed, or the old file was sent again.',
    fr: () =>
      'Fichier identique, octet pour octet, à la dernière bonne sauvegarde : rien n’a changé, ou l’ancien fichier a été renvoyé.',
  },
  CONTENT_UNCHANGED: {
    en: () => 'The content is that of the last good backup, but for lines that differ in every dump.',
    fr: () => 'Le contenu est celui de la dernière bonne sauvegarde, aux lignes variables près.',
  },
  ARRIVED_LATE: {
    en: ({ value }) => `It arrived ${late(value)} after the end of the grace.`,
    fr: ({ value }) => `Arrivée ${late(value)} après la fin du délai.`,
  },
  OTHER_RUN_FAILED: {
    en: ({ value }) => `${count(value, 'other run', 'other runs')} for the same time failed.`,
    fr: ({ value }) => `${compte(value, 'autre exécution', 'autres exécutions')} pour la même échéance en échec.`,
  },
  HASH_NOT_DECLARED: {
    en: () => 'The agent declared no SHA-256: damage in transfer cannot be ruled out.',
    fr: () => 'L’agent n’a annoncé aucun SHA-256 : une altération pendant le transfert n’est pas exclue.',
  },
  CHECK_NOT_DONE: {
    en: ({ name }) => `Not checked: ${name}.`,
    fr: ({ name }) => `Non vérifié : ${name}.`,
  },
  CLOCK_OFF: {
    en: ({ value }) => `The agent’s clock runs ${count(value, 'minute', 'minutes')} ahead of this server’s.`,
    fr: ({ value }) => `L’horloge de l’agent avance de ${compte(value, 'minute', 'minutes')} sur celle du serveur.`,
  },
  SCANNER_BLIND: {
    en: ({ name }) => `The scanner could not see the deposit folder (${name}); nothing is known.`,
    fr: ({ name }) => `Le contrôle n’a pas pu voir le dossier de dépôt (${name}) ; rien n’est connu.`,
  },
  ACCEPTED_BY_HAND: {
    en: ({ name }) => `Accepted by hand: ${name}.`,
    fr: ({ name }) => `Acceptée à la main : ${name}.`,
  },
} satisfies Record<string, Entry>
