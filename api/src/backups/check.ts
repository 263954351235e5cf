import { Field, ObjectType, registerEnumType } from 'type-graphql'

export enum CheckName {
  SIZE = 'SIZE',
  SHA256 = 'SHA256',
  DECOMPRESSION = 'DECOMPRESSION',
  CONTENT_SHA256 = 'CONTENT_SHA256',
  COMPLETION_MARK = 'COMPLETION_MARK',
  PG_RESTORE = 'PG_RESTORE',
  CONTENT_CHECKSUM = 'CONTENT_CHECKSUM',
  TAR_END = 'TAR_END',
  SQLITE_INTEGRITY = 'SQLITE_INTEGRITY',
}
registerEnumType(CheckName, {
  name: 'CheckName',
  valuesConfig: {
    SIZE: { description: 'The bytes that were declared' },
    SHA256: { description: 'The SHA-256 that was declared for the staged file' },
    DECOMPRESSION: {
      description: 'The whole archive decompresses, with its own checksums (gzip, zstd, xz, bzip2, lz4, zip, 7z)',
    },
    CONTENT_SHA256: { description: 'What comes out has the SHA-256 that was declared before compression' },
    COMPLETION_MARK: { description: 'The dump ends with the line that its tool writes last' },
    PG_RESTORE: { description: 'pg_restore reads a custom-format dump to its end' },
    CONTENT_CHECKSUM: { description: 'The data of a custom-format dump carries checksums (not with -Z0)' },
    TAR_END: { description: 'A tar is walked from header to header to the blocks of zeros that end it' },
    SQLITE_INTEGRITY: { description: 'PRAGMA integrity_check of SQLite' },
  },
})

export enum CheckOutcome {
  PASSED = 'PASSED',
  FAILED = 'FAILED',
  NOT_CHECKED = 'NOT_CHECKED',
}
registerEnumType(CheckOutcome, {
  name: 'CheckOutcome',
  description: 'NOT_CHECKED is never good: nothing was declared, a tool is absent, or the format is not known',
})

@ObjectType({ simpleResolvers: true, description: 'One check of a file, and its outcome' })
export class Check {
  @Field(() => CheckName)
  name!: CheckName

  @Field(() => CheckOutcome)
  outcome!: CheckOutcome

  @Field(() => String, { nullable: true, description: 'As declared; null = nothing was' })
  expected!: string | null

  @Field(() => String, { nullable: true, description: 'As measured; null = not measured' })
  measured!: string | null

  @Field(() => String, { nullable: true, description: 'What was found, or why it was not checked, in English' })
  detail!: string | null
}
