import { Migration } from '@mikro-orm/migrations'

const is = (names: string, outcome: string): string =>
  `exists (select 1 from json_each(f.checks) c where c.value ->> 'name' in (${names}) and c.value ->> 'outcome' ${outcome})`
const ENDS = `'COMPLETION_MARK', 'PG_RESTORE', 'SQLITE_INTEGRITY'`

export class Migration20261128114813 extends Migration {
  override name = 'Migration20261128114813'

  override up(): void | Promise<void> {
    this.addSql(`alter table \`expected_job\` add column \`must_be_proven\` integer not null default false;`)
    this.addSql(`alter table \`expected_job\` add column \`current_proof\` text null;`)
    this.addSql(`alter table \`backup_entry\` add column \`proof\` text null;`)
    this.addSql(`alter table \`backup_run\` add column \`content_hash\` text null;`)
    // As proof.ts has it, of the checks that were made when the files came.
    this.addSql(`update backup_entry set proof = coalesce((select case
        when ${is(ENDS, "= 'PASSED'")} and not ${is(`${ENDS}, 'DECOMPRESSION'`, "<> 'PASSED'")} then 'INTACT'
        when ${is("'SHA256'", "= 'PASSED'")} and not ${is(`${ENDS}, 'DECOMPRESSION'`, "= 'FAILED'")} then 'ARRIVED'
        else 'SAID' end from backup_file f where f.id = backup_entry.file_id), 'SAID')
      where status in ('SUCCESS', 'HASH_MISMATCH');`)
    this.addSql(`update expected_job set current_proof = (select proof from backup_entry e
      where e.job_id = expected_job.id and e.expected_at = expected_job.status_of);`)
    this.addSql(`create index \`backup_entry_measured_hash_index\` on \`backup_entry\` (\`measured_hash\`);`)
    this.addSql(`alter table \`scanner\` add column \`instance_id\` text null;`)
    this.addSql(`alter table \`scanner\` add column \`troubles\` json not null default '[]';`)
    this.addSql(`update scanner set troubles = json_array(json_object('cause', '', 'text', trouble,
      'since', strftime('%Y-%m-%dT%H:%M:%fZ', coalesce(trouble_since, 0) / 1000.0, 'unixepoch')))
      where trouble is not null;`)
    this.addSql(`alter table \`scanner\` drop column \`trouble\`;`)
    this.addSql(`alter table \`scanner\` drop column \`trouble_since\`;`)
  }

  override down(): void | Promise<void> {
    this.addSql(`drop index \`backup_entry_measured_hash_index\`;`)
    this.addSql(`alter table \`backup_entry\` drop column \`proof\`;`)
    this.addSql(`alter table \`backup_run\` drop column \`content_hash\`;`)
    this.addSql(`alter table \`expected_job\` drop column \`must_be_proven\`;`)
    this.addSql(`alter table \`expected_job\` drop column \`current_proof\`;`)
    this.addSql(`alter table \`scanner\` add column \`trouble\` TEXT null;`)
    this.addSql(`alter table \`scanner\` add column \`trouble_since\` datetime null;`)
    this.addSql(`alter table \`scanner\` drop column \`troubles\`;`)
    this.addSql(`alter table \`scanner\` drop column \`instance_id\`;`)
  }
}
