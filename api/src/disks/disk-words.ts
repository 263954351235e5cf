import { registerEnumType } from 'type-graphql'

export enum DiskType {
  HDD = 'HDD',
  SSD = 'SSD',
  NVME = 'NVME',
  UNKNOWN = 'UNKNOWN',
}
registerEnumType(DiskType, { name: 'DiskType', description: 'How a disk stores; UNKNOWN where nothing told it' })

export enum ReadingOutcome {
  READ = 'READ',
  ASLEEP = 'ASLEEP',
  UNREADABLE = 'UNREADABLE',
}
registerEnumType(ReadingOutcome, {
  name: 'ReadingOutcome',
  description:
    'READ: values were read. ASLEEP: the disk slept and was not woken. UNREADABLE: no values, for the reason given.',
})

export enum ReadingSource {
  AGENT = 'AGENT',
  SCRIPT = 'SCRIPT',
}
registerEnumType(ReadingSource, {
  name: 'ReadingSource',
  description: "Who read it: Vigie's agent, or somebody's script",
})
