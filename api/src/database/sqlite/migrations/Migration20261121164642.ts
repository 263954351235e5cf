import { Migration } from '@mikro-orm/migrations'

export class Migration20261121164642 extends Migration {
  override name = 'Migration20261121164642'

  override up(): void | Promise<void> {
    this.addSql(
      `create table \`alert_cursor\` (\`id\` text not null primary key, \`event_id\` integer not null, \`digest_day\` text null);`,
    )

    this.addSql(
      `create table \`delivery\` (\`id\` text not null primary key, \`channel\` text not null, \`kind\` text not null, \`recipient\` text not null, \`alert_ids\` json not null, \`facts\` json not null, \`dedupe_key\` text not null, \`state\` text not null, \`attempts\` integer not null, \`next_try_at\` datetime not null, \`last_error\` text null, \`sent_at\` datetime null, \`created_at\` datetime not null);`,
    )
    this.addSql(`create index \`delivery_created_at_id_index\` on \`delivery\` (\`created_at\`, \`id\`);`)
    this.addSql(`create index "delivery_waiting" on "delivery" ("next_try_at", "id") where state = 'WAITING';`)
    this.addSql(`create unique index \`delivery_dedupe_key_unique\` on \`delivery\` (\`dedupe_key\`);`)

    this.addSql(
      `create table \`expected_job\` (\`id\` text not null primary key, \`agent_id\` text not null, \`database_name\` text not null, \`machine_id\` text null, \`company_name\` text null, \`city\` text null, \`neighborhood\` text null, \`cron\` text not null, \`time_zone\` text not null, \`frequency\` text null, \`expected_hour_utc\` integer null, \`expected_minute_utc\` integer null, \`days_of_week\` json null, \`day_of_month\` integer null, \`last_day_of_month\` integer null, \`grace_minutes\` integer not null, \`agent_deposit_path_template\` text not null, \`agent_log_deposit_path_template\` text not null, \`final_storage_path_template\` text not null, \`target_key\` text not null, \`recipients\` json not null, \`expect_change\` text not null, \`runbook\` text null, \`keep_last\` integer null, \`keep_daily\` integer null, \`keep_weekly\` integer null, \`keep_monthly\` integer null, \`keep_yearly\` integer null, \`active\` integer not null, \`current_status\` text not null, \`status_of\` datetime null, \`standing\` integer not null, \`last_checked_at\` datetime null, \`next_due_at\` datetime null, \`last_successful_backup_at\` datetime null, \`last_failed_backup_at\` datetime null, \`previous_successful_hash\` text null, \`previous_fingerprint\` text null, \`bad_in_arow\` integer not null, \`created_at\` datetime not null, \`archived_at\` datetime null, constraint \`expected_job_machine_id_foreign\` foreign key (\`machine_id\`) references \`machine\` (\`id\`) on delete set null);`,
    )
    this.addSql(`create index \`expected_job_machine_id_index\` on \`expected_job\` (\`machine_id\`);`)
    this.addSql(
      `create index "expected_job_by_name" on "expected_job" (coalesce("company_name", ''), coalesce("city", ''), "agent_id", "database_name", "id") where archived_at is null;`,
    )
    this.addSql(
      `create index "expected_job_status" on "expected_job" ("active", "current_status") where archived_at is null;`,
    )
    this.addSql(
      `create index "expected_job_worst_first" on "expected_job" ("standing", "agent_id", "database_name", "id") where archived_at is null;`,
    )
    this.addSql(
      `create index "expected_job_due" on "expected_job" ("next_due_at") where archived_at is null and active = 1;`,
    )
    this.addSql(`create unique index "expected_job_target" on "expected_job" ("target_key") where archived_at is null;`)
    this.addSql(
      `create unique index "expected_job_of_agent" on "expected_job" ("agent_id", "database_name") where archived_at is null;`,
    )

    this.addSql(
      `create table \`backup_entry\` (\`id\` text not null primary key, \`job_id\` text not null, \`expected_at\` datetime not null, \`window_ends_at\` datetime not null, \`status\` text not null, \`reasons\` json not null, \`awaited\` integer not null, \`judged_at\` datetime null, \`arrived_at\` datetime null, \`protected\` integer not null, \`best_run_id\` text null, \`file_id\` text null, \`agent_report_timestamp\` datetime null, \`reported_hash\` text null, \`measured_hash\` text null, \`reported_size\` bigint null, \`measured_size\` bigint null, \`hash_before_compression\` text null, \`staged_file_name\` text null, \`logs_summary\` text null, \`previous_successful_hash\` text null, \`hash_comparison\` text null, \`duration_seconds\` integer null, \`created_at\` datetime not null, constraint \`backup_entry_job_id_foreign\` foreign key (\`job_id\`) references \`expected_job\` (\`id\`), constraint \`backup_entry_best_run_id_foreign\` foreign key (\`best_run_id\`) references \`backup_run\` (\`id\`) on delete set null, constraint \`backup_entry_file_id_foreign\` foreign key (\`file_id\`) references \`backup_file\` (\`id\`) on delete set null);`,
    )
    this.addSql(
      `create index "backup_entry_awaited" on "backup_entry" ("window_ends_at") where judged_at is null and awaited = 1;`,
    )
    this.addSql(
      `create index \`backup_entry_status_expected_at_id_index\` on \`backup_entry\` (\`status\`, \`expected_at\`, \`id\`);`,
    )
    this.addSql(`create index \`backup_entry_expected_at_id_index\` on \`backup_entry\` (\`expected_at\`, \`id\`);`)
    this.addSql(
      `create unique index \`backup_entry_job_id_expected_at_unique\` on \`backup_entry\` (\`job_id\`, \`expected_at\`);`,
    )

    this.addSql(
      `create table \`backup_file\` (\`id\` text not null primary key, \`job_id\` text null, \`entry_id\` text null, \`root\` text not null, \`path\` text not null, \`state\` text not null, \`dev\` text not null, \`ino\` text not null, \`size\` bigint not null, \`mtime_ns\` text not null, \`ctime_ns\` text not null, \`sha256\` text null, \`fingerprint\` text null, \`checks\` json not null, \`why\` json not null, \`facts\` json null, \`intent\` json null, \`leftover\` json null, \`seen_at\` datetime not null, \`verified_at\` datetime null, \`intact\` integer null, constraint \`backup_file_job_id_foreign\` foreign key (\`job_id\`) references \`expected_job\` (\`id\`) on delete set null, constraint \`backup_file_entry_id_foreign\` foreign key (\`entry_id\`) references \`backup_entry\` (\`id\`) on delete set null);`,
    )
    this.addSql(`create index \`backup_file_path_index\` on \`backup_file\` (\`path\`);`)
    this.addSql(`create index "backup_file_of_job" on "backup_file" ("job_id", "state");`)
    this.addSql(`create index "backup_file_leftover" on "backup_file" ("id") where leftover is not null;`)
    this.addSql(`create index "backup_file_vault" on "backup_file" ("verified_at") where state = 'VAULT';`)
    this.addSql(`create index "backup_file_quarantine" on "backup_file" ("seen_at", "id") where state = 'QUARANTINE';`)
    this.addSql(`create index "backup_file_intent" on "backup_file" ("state") where state = 'INTENT';`)
    this.addSql(`create index \`backup_file_dev_ino_index\` on \`backup_file\` (\`dev\`, \`ino\`);`)

    this.addSql(
      `create table \`backup_run\` (\`id\` text not null primary key, \`agent_id\` text not null, \`run_id\` text not null, \`database_name\` text not null, \`job_id\` text null, \`entry_id\` text null, \`outcome\` text not null, \`detail\` text null, \`backup\` json null, \`compress\` json null, \`transfer\` json null, \`overall_status\` text null, \`staged_file_name\` text null, \`logs_summary\` text null, \`started_at\` datetime null, \`ended_at\` datetime null, \`received_at\` datetime not null, \`report_path\` text null, \`raw\` text null, \`status\` text null, \`reasons\` json not null, \`file_id\` text null, \`is_open\` integer not null, \`settled_at\` datetime null, \`size_of_report\` bigint not null, constraint \`backup_run_job_id_foreign\` foreign key (\`job_id\`) references \`expected_job\` (\`id\`) on delete set null, constraint \`backup_run_entry_id_foreign\` foreign key (\`entry_id\`) references \`backup_entry\` (\`id\`) on delete set null, constraint \`backup_run_file_id_foreign\` foreign key (\`file_id\`) references \`backup_file\` (\`id\`) on delete set null);`,
    )
    this.addSql(`create index \`backup_run_entry_id_index\` on \`backup_run\` (\`entry_id\`);`)
    this.addSql(
      `create index "backup_run_refused" on "backup_run" ("received_at", "id") where outcome <> 'ACCEPTED' and settled_at is null;`,
    )
    this.addSql(`create index "backup_run_open" on "backup_run" ("is_open") where is_open = 1;`)
    this.addSql(
      `create unique index \`backup_run_agent_id_run_id_database_name_unique\` on \`backup_run\` (\`agent_id\`, \`run_id\`, \`database_name\`);`,
    )

    this.addSql(
      `create table \`protection\` (\`id\` text not null primary key, \`job_id\` text not null, \`machine_id\` text not null, \`path\` text not null, constraint \`protection_job_id_foreign\` foreign key (\`job_id\`) references \`expected_job\` (\`id\`), constraint \`protection_machine_id_foreign\` foreign key (\`machine_id\`) references \`machine\` (\`id\`));`,
    )
    this.addSql(`create index \`protection_job_id_index\` on \`protection\` (\`job_id\`);`)
    this.addSql(`create index \`protection_machine_id_index\` on \`protection\` (\`machine_id\`);`)

    this.addSql(
      `create table \`scan\` (\`id\` text not null primary key, \`trigger\` text not null, \`started_at\` datetime not null, \`ended_at\` datetime null, \`outcome\` text null, \`trouble\` text null, \`folders_read\` integer not null default 0, \`folders_unchanged\` integer not null default 0, \`runs_recorded\` integer not null default 0, \`reports_refused\` integer not null default 0, \`files_read\` integer not null default 0, \`files_promoted\` integer not null default 0, \`files_quarantined\` integer not null default 0, \`entries_opened\` integer not null default 0, \`entries_judged\` integer not null default 0, \`entries_missing\` integer not null default 0);`,
    )
    this.addSql(`create index \`scan_started_at_id_index\` on \`scan\` (\`started_at\`, \`id\`);`)

    this.addSql(
      `create table \`scanner\` (\`id\` text not null primary key, \`deposit_id\` text null, \`lease_owner\` text null, \`lease_token\` text null, \`lease_expires_at\` datetime null, \`trouble\` text null, \`trouble_since\` datetime null, \`last_scan_ended_at\` datetime null);`,
    )

    this.addSql(
      `create table \`scheduled_job\` (\`id\` text not null primary key, \`name\` text not null, \`next_run_at\` bigint null, \`locked_at\` bigint null, \`priority\` integer not null, \`disabled\` integer not null, \`document\` json not null);`,
    )
    this.addSql(
      `create index \`scheduled_job_name_next_run_at_index\` on \`scheduled_job\` (\`name\`, \`next_run_at\`);`,
    )

    this.addSql(
      `create table \`alert\` (\`id\` text not null primary key, \`cause\` text not null, \`type\` text not null, \`severity\` text not null, \`status\` text null, \`count\` integer not null, \`job_id\` text null, \`entry_id\` text null, \`machine_id\` text null, \`disk_id\` text null, \`facts\` json not null, \`opened_at\` datetime not null, \`changed_at\` datetime not null, \`acknowledged_at\` datetime null, \`acknowledged_by\` text null, \`muted_until\` datetime null, \`resolved_at\` datetime null, \`remind_at\` datetime null, constraint \`alert_job_id_foreign\` foreign key (\`job_id\`) references \`expected_job\` (\`id\`) on delete set null, constraint \`alert_entry_id_foreign\` foreign key (\`entry_id\`) references \`backup_entry\` (\`id\`) on delete set null, constraint \`alert_machine_id_foreign\` foreign key (\`machine_id\`) references \`machine\` (\`id\`) on delete set null, constraint \`alert_disk_id_foreign\` foreign key (\`disk_id\`) references \`disk\` (\`id\`) on delete set null);`,
    )
    this.addSql(`create index \`alert_job_id_index\` on \`alert\` (\`job_id\`);`)
    this.addSql(`create index \`alert_machine_id_index\` on \`alert\` (\`machine_id\`);`)
    this.addSql(`create index \`alert_disk_id_index\` on \`alert\` (\`disk_id\`);`)
    this.addSql(`create index \`alert_opened_at_id_index\` on \`alert\` (\`opened_at\`, \`id\`);`)
    this.addSql(`create index "alert_reminder" on "alert" ("remind_at") where resolved_at is null;`)
    this.addSql(`create unique index "alert_open_cause" on "alert" ("cause") where resolved_at is null;`)

    this.addSql(`alter table \`machine\` add column \`silence_told_at\` datetime null;`)

    this.addSql(
      `alter table \`event\` add column \`job_id\` text null constraint \`event_job_id_foreign\` references \`expected_job\` (\`id\`) on delete set null;`,
    )
    this.addSql(
      `alter table \`event\` add column \`entry_id\` text null constraint \`event_entry_id_foreign\` references \`backup_entry\` (\`id\`) on delete set null;`,
    )
    this.addSql(`create index \`event_job_id_id_index\` on \`event\` (\`job_id\`, \`id\`);`)
  }

  override down(): void | Promise<void> {
    this.addSql(`drop table if exists \`alert_cursor\`;`)
    this.addSql(`drop table if exists \`delivery\`;`)
    this.addSql(`drop table if exists \`expected_job\`;`)
    this.addSql(`drop table if exists \`backup_entry\`;`)
    this.addSql(`drop table if exists \`backup_file\`;`)
    this.addSql(`drop table if exists \`backup_run\`;`)
    this.addSql(`drop table if exists \`protection\`;`)
    this.addSql(`drop table if exists \`scan\`;`)
    this.addSql(`drop table if exists \`scanner\`;`)
    this.addSql(`drop table if exists \`scheduled_job\`;`)
    this.addSql(`drop table if exists \`alert\`;`)

    this.addSql(`drop index \`event_job_id_id_index\`;`)
    this.addSql(`alter table \`event\` drop column \`job_id\`;`)
    this.addSql(`alter table \`event\` drop column \`entry_id\`;`)

    this.addSql(`alter table \`machine\` drop column \`silence_told_at\`;`)
  }
}
