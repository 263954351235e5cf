import { describe, expect, test } from 'vitest'
import { Language } from '../reasons/reasons.resolver.ts'
import { EventType } from './event.entity.ts'
import { eventSentence, type EventTold } from './event-sentence.ts'

const told = (type: EventType, more: Partial<EventTold> = {}): EventTold => ({
  type,
  from: null,
  to: null,
  count: null,
  machine: 'atlas',
  fromMachine: 'olympe',
  disk: 'S1',
  name: '/var',
  ...more,
})

describe.each(Object.values(Language))('In %s', (language) => {
  test.each(Object.values(EventType))(
    '%s is a sentence that leaves nothing to fill in, and ends without a stop',
    (type) => {
      const sentence = eventSentence(
        told(type, { from: 'OK', to: 'AT_RISK', count: 3, threshold: { kind: 'REBOOT_DAYS', tag: null } }),
        language,
      )
      expect(sentence).toMatch(/^[^{}?]{5,120}\??$/)
      expect(sentence).not.toMatch(/(?<!T)\.$|undefined|null/)
      expect(sentence === type).toBe(false)
    },
  )
})

test.each<[EventTold, string, string]>([
  [
    told(EventType.HEALTH_CHANGED, { from: 'OK', to: 'AT_RISK' }),
    'S1 in atlas: Healthy → At risk',
    'S1 dans atlas : Sain → À risque',
  ],
  [
    told(EventType.HEALTH_CHANGED, { to: 'UNKNOWN' }),
    'S1 in atlas: new → No data',
    'S1 dans atlas : nouveau → Sans données',
  ],
  [
    told(EventType.HEALTH_CHANGED, { from: 'WARNING', to: 'WARNING' }),
    'S1 in atlas is worse: To watch',
    'S1 dans atlas s’aggrave : À surveiller',
  ],
  [
    told(EventType.BACKUP_STATUS_CHANGED, { from: 'FAILED', to: 'FAILED', name: 'db' }),
    'Backup db is again: Failed',
    'Sauvegarde db, de nouveau : En échec',
  ],
  [
    told(EventType.BACKUP_STATUS_CHANGED, { from: 'UNKNOWN', to: 'SUCCESS', name: 'db' }),
    'Backup db: Not judged yet → Good',
    'Sauvegarde db : Pas encore jugée → Bonne',
  ],
  [told(EventType.DISK_MOVED), 'S1 moved from olympe to atlas', 'S1 est passé d’olympe à atlas'],
  [
    told(EventType.FILE_SYSTEM_LOW, { from: 'LOW', to: 'SCARCE' }),
    '/var of atlas is almost full',
    '/var d’atlas est presque plein',
  ],
  [
    told(EventType.FILE_SYSTEM_LOW, { from: 'SCARCE', to: 'LOW' }),
    '/var of atlas is no longer almost full',
    '/var d’atlas n’est plus presque plein',
  ],
  [
    told(EventType.THRESHOLD_CHANGED, {
      from: null,
      to: '1.5',
      threshold: { kind: 'LOAD_PER_CPU', tag: 'Lyon' },
    }),
    'Threshold of load, Lyon: as every machine → 1.5',
    'Seuil de la charge, Lyon : comme toutes → 1,5',
  ],
  [
    told(EventType.THRESHOLD_CHANGED, { from: '7', to: 'NEVER', threshold: { kind: 'SECURITY_DAYS', tag: null } }),
    'Threshold of security updates that wait, every machine: 7 → never',
    'Seuil des mises à jour de sécurité en attente, toutes les machines : 7 → jamais',
  ],
  [told(EventType.FILE_SYSTEM_LOW), '/var of atlas fills up', '/var d’atlas se remplit'],
  [
    told(EventType.MACHINE_CLONED, { machine: '{name}', name: '$&' }),
    '{name} uses the key of $&: a copied disk image?',
    '{name} utilise la clé de $& : une image disque copiée ?',
  ],
])('%o reads as people write', (facts, en, fr) => {
  expect([eventSentence(facts, Language.EN), eventSentence(facts, Language.FR)]).toEqual([en, fr])
})
