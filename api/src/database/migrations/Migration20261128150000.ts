import { Migration } from '@mikro-orm/migrations'

export class Migration20261128150000 extends Migration {
  override name = 'Migration20261128150000'

  override up(): void | Promise<void> {
    this.addSql(`alter table \`scan\` add column \`files_waiting\` integer not null default 0;`)
    this.addSql(`alter table \`expected_job\` add column \`due_means\` text not null default 'BEGINS';`)
    this.addSql(`alter table \`backup_file\` add column \`arrived_at\` datetime not null default 0;`)
    this.addSql(`alter table \`backup_file\` add column \`has_manifest\` integer not null default 0;`)
    this.addSql(
      `create index "backup_file_manifest" on "backup_file" ("id") where state = 'VAULT' and has_manifest = 0;`,
    )
    this.addSql(`update backup_file set arrived_at = seen_at;`)
  }

  override down(): void | Promise<void> {
    this.addSql(`alter table \`scan\` drop column \`files_waiting\`;`)
    this.addSql(`alter table \`expected_job\` drop column \`due_means\`;`)
    this.addSql(`drop index "backup_file_manifest";`)
    this.addSql(`alter table \`backup_file\` drop column \`has_manifest\`;`)
    this.addSql(`alter table \`backup_file\` drop column \`arrived_at\`;`)
  }
}
