import { compte, count, type Entry, bytesInWords, octetsEnMots } from '../reasons/entry.ts'

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
    en: ({ name }) => `The file cannot be read (${name}).`,
    fr: ({ name }) => `Le fichier est illisible (${name}).`,
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
