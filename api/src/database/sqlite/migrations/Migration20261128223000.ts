import { Migration } from '@mikro-orm/migrations'

/** Indexes on the rows of which something is true say so in words that PostgreSQL knows as well. */
export class Migration20261128223000 extends Migration {
  override name = 'Migration20261128223000'

  override up(): void | Promise<void> {
    for (const [name, definition] of Object.entries({
      backup_entry_awaited: '"backup_entry" ("window_ends_at") where judged_at is null and awaited',
      backup_file_manifest: '"backup_file" ("id") where state = \'VAULT\' and not has_manifest',
      backup_run_open: '"backup_run" ("is_open") where is_open',
      expected_job_due: '"expected_job" ("next_due_at") where archived_at is null and active',
    })) {
      this.addSql(`drop index "${name}";`)
      this.addSql(`create index "${name}" on ${definition};`)
    }
  }
}
