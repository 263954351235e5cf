import { Migration } from '@mikro-orm/migrations'
import { foldFunction } from '../fold-function.ts'

export class Migration20261128223000 extends Migration {
  override name = 'Migration20261128223000'

  override up(): void | Promise<void> {
    this.addSql(foldFunction())
    this.addSql(
      `create table "alert_cursor" ("id" text collate "C" not null, "event_id" bigint not null, "digest_day" text collate "C" null, primary key ("id"));`,
    )

    this.addSql(
      `create table "delivery" ("id" text collate "C" not null, "channel" text collate "C" not null, "kind" text collate "C" not null, "recipient" text collate "C" not null, "alert_ids" jsonb not null, "facts" jsonb not null, "dedupe_key" text collate "C" not null, "state" text collate "C" not null, "attempts" bigint not null, "next_try_at" timestamptz not null, "last_error" text collate "C" null, "sent_at" timestamptz null, "created_at" timestamptz not null, primary key ("id"));`,
    )
    this.addSql(`create index "delivery_created_at_id_index" on "delivery" ("created_at", "id");`)
    this.addSql(`create index "delivery_waiting" on "delivery" ("next_try_at", "id") where state = 'WAITING';`)
    this.addSql(`alter table "delivery" add constraint "delivery_dedupe_key_unique" unique ("dedupe_key");`)

    this.addSql(
      `create table "machine" ("id" text collate "C" not null, "machine_key" text collate "C" null, "machine_id_hash" text collate "C" null, "former_id_hash" text collate "C" null, "hardware_hash" text collate "C" null, "disks_told_at" timestamptz null, "boot_hash" text collate "C" null, "former_boot_hash" text collate "C" null, "hostname" text collate "C" null, "name" text collate "C" null, "ip" text collate "C" null, "os" text collate "C" null, "os_version" text collate "C" null, "arch" text collate "C" null, "kind" text collate "C" not null, "virtualization" text collate "C" null, "agent_version" text collate "C" null, "agent_is_root" boolean null, "first_seen_at" timestamptz not null, "last_seen_at" timestamptz not null, "last_received_at" timestamptz not null, "report_times" jsonb not null, "silent_at" timestamptz not null, "silence_told_at" timestamptz null, "notes" jsonb not null, "archived_at" timestamptz null, "storage_graph" jsonb null, primary key ("id"));`,
    )
    this.addSql(`alter table "machine" add constraint "machine_machine_key_unique" unique ("machine_key");`)
    this.addSql(`create index "machine_ip_index" on "machine" ("ip");`)
    this.addSql(`create index "machine_last_seen_at_index" on "machine" ("last_seen_at");`)
    this.addSql(`create index "machine_silent_at_index" on "machine" ("silent_at");`)
    this.addSql(`create index "machine_hostname_lower" on "machine" (lower("hostname"));`)

    this.addSql(
      `create table "inventory_report" ("id" text collate "C" not null, "machine_id" text collate "C" not null, "collected_at" timestamptz not null, "received_at" timestamptz not null, "at" timestamptz not null, "sections" jsonb not null, "notes" jsonb not null, "content_hash" text collate "C" null, primary key ("id", "machine_id"));`,
    )
    this.addSql(`create index "inventory_report_at_index" on "inventory_report" ("at");`)
    this.addSql(`create index "inventory_report_machine_id_at_index" on "inventory_report" ("machine_id", "at");`)

    this.addSql(
      `create table "file_system" ("id" text collate "C" not null, "machine_id" text collate "C" not null, "key" text collate "C" not null, "mountpoint" text collate "C" null, "mountpoints" jsonb not null, "source" text collate "C" null, "fstype" text collate "C" null, "uuid" text collate "C" null, "size_bytes" bigint null, "used_bytes" bigint null, "free_bytes" bigint null, "users" jsonb null, "home_bytes" bigint null, "last_seen_at" timestamptz not null, "gone_since" timestamptz null, primary key ("id"));`,
    )
    this.addSql(`create index "file_system_machine_id_gone_since_index" on "file_system" ("machine_id", "gone_since");`)

    this.addSql(
      `create table "expected_job" ("id" text collate "C" not null, "agent_id" text collate "C" not null, "database_name" text collate "C" not null, "machine_id" text collate "C" null, "company_name" text collate "C" null, "city" text collate "C" null, "neighborhood" text collate "C" null, "cron" text collate "C" not null, "time_zone" text collate "C" not null, "frequency" text collate "C" null, "expected_hour_utc" bigint null, "expected_minute_utc" bigint null, "days_of_week" jsonb null, "day_of_month" bigint null, "last_day_of_month" boolean null, "due_means" text collate "C" not null default 'BEGINS', "grace_minutes" bigint not null, "agent_deposit_path_template" text collate "C" not null, "agent_log_deposit_path_template" text collate "C" not null, "final_storage_path_template" text collate "C" not null, "target_key" text collate "C" not null, "recipients" jsonb not null, "expect_change" text collate "C" not null, "must_be_proven" boolean not null default false, "current_proof" text collate "C" null, "runbook" text collate "C" null, "keep_last" bigint null, "keep_daily" bigint null, "keep_weekly" bigint null, "keep_monthly" bigint null, "keep_yearly" bigint null, "active" boolean not null, "current_status" text collate "C" not null, "status_of" timestamptz null, "standing" bigint not null, "last_checked_at" timestamptz null, "next_due_at" timestamptz null, "last_successful_backup_at" timestamptz null, "last_failed_backup_at" timestamptz null, "previous_successful_hash" text collate "C" null, "previous_fingerprint" text collate "C" null, "bad_in_arow" bigint not null, "created_at" timestamptz not null, "archived_at" timestamptz null, primary key ("id"));`,
    )
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
      `create index "expected_job_due" on "expected_job" ("next_due_at") where archived_at is null and active;`,
    )
    this.addSql(`create unique index "expected_job_target" on "expected_job" ("target_key") where archived_at is null;`)
    this.addSql(
      `create unique index "expected_job_of_agent" on "expected_job" ("agent_id", "database_name") where archived_at is null;`,
    )

    this.addSql(
      `create table "backup_entry" ("id" text collate "C" not null, "job_id" text collate "C" not null, "expected_at" timestamptz not null, "window_ends_at" timestamptz not null, "status" text collate "C" not null, "proof" text collate "C" null, "reasons" jsonb not null, "awaited" boolean not null, "judged_at" timestamptz null, "arrived_at" timestamptz null, "protected" boolean not null, "best_run_id" text collate "C" null, "file_id" text collate "C" null, "agent_report_timestamp" timestamptz null, "reported_hash" text collate "C" null, "measured_hash" text collate "C" null, "reported_size" bigint null, "measured_size" bigint null, "hash_before_compression" text collate "C" null, "staged_file_name" text collate "C" null, "logs_summary" text collate "C" null, "previous_successful_hash" text collate "C" null, "hash_comparison" text collate "C" null, "duration_seconds" bigint null, "created_at" timestamptz not null, primary key ("id"));`,
    )
    this.addSql(
      `create index "backup_entry_awaited" on "backup_entry" ("window_ends_at") where judged_at is null and awaited;`,
    )
    this.addSql(`create index "backup_entry_measured_hash_index" on "backup_entry" ("measured_hash");`)
    this.addSql(
      `create index "backup_entry_status_expected_at_id_index" on "backup_entry" ("status", "expected_at", "id");`,
    )
    this.addSql(`create index "backup_entry_expected_at_id_index" on "backup_entry" ("expected_at", "id");`)
    this.addSql(
      `alter table "backup_entry" add constraint "backup_entry_job_id_expected_at_unique" unique ("job_id", "expected_at");`,
    )

    this.addSql(
      `create table "backup_file" ("id" text collate "C" not null, "job_id" text collate "C" null, "entry_id" text collate "C" null, "root" text collate "C" not null, "path" text collate "C" not null, "state" text collate "C" not null, "dev" text collate "C" not null, "ino" text collate "C" not null, "size" bigint not null, "mtime_ns" text collate "C" not null, "ctime_ns" text collate "C" not null, "sha256" text collate "C" null, "fingerprint" text collate "C" null, "checks" jsonb not null, "why" jsonb not null, "facts" jsonb null, "intent" jsonb null, "has_manifest" boolean not null default false, "leftover" jsonb null, "arrived_at" timestamptz not null default '1970-01-01 00:00:00+00', "seen_at" timestamptz not null, "verified_at" timestamptz null, "tried_at" timestamptz null, "intact" boolean null, primary key ("id"));`,
    )
    this.addSql(`create index "backup_file_path_index" on "backup_file" ("path");`)
    this.addSql(`create index "backup_file_of_job" on "backup_file" ("job_id", "state");`)
    this.addSql(`create index "backup_file_vault_sha256" on "backup_file" ("sha256") where state = 'VAULT';`)
    this.addSql(`create index "backup_file_vault_size" on "backup_file" ("size") where state = 'VAULT';`)
    this.addSql(`create index "backup_file_leftover" on "backup_file" ("id") where leftover is not null;`)
    this.addSql(
      `create index "backup_file_manifest" on "backup_file" ("id") where state = 'VAULT' and not has_manifest;`,
    )
    this.addSql(`create index "backup_file_vault" on "backup_file" ("verified_at") where state = 'VAULT';`)
    this.addSql(`create index "backup_file_quarantine" on "backup_file" ("seen_at", "id") where state = 'QUARANTINE';`)
    this.addSql(`create index "backup_file_intent" on "backup_file" ("state") where state = 'INTENT';`)
    this.addSql(`create index "backup_file_dev_ino_index" on "backup_file" ("dev", "ino");`)

    this.addSql(
      `create table "backup_run" ("id" text collate "C" not null, "agent_id" text collate "C" not null, "run_id" text collate "C" not null, "content_hash" text collate "C" null, "database_name" text collate "C" not null, "job_id" text collate "C" null, "entry_id" text collate "C" null, "outcome" text collate "C" not null, "detail" text collate "C" null, "backup" jsonb null, "compress" jsonb null, "transfer" jsonb null, "overall_status" text collate "C" null, "staged_file_name" text collate "C" null, "logs_summary" text collate "C" null, "started_at" timestamptz null, "ended_at" timestamptz null, "received_at" timestamptz not null, "report_path" text collate "C" null, "raw" text collate "C" null, "status" text collate "C" null, "reasons" jsonb not null, "file_id" text collate "C" null, "is_open" boolean not null, "settled_at" timestamptz null, "size_of_report" bigint not null, primary key ("id"));`,
    )
    this.addSql(
      `create index "backup_run_refused" on "backup_run" ("received_at", "id") where outcome <> 'ACCEPTED' and settled_at is null;`,
    )
    this.addSql(`create index "backup_run_open" on "backup_run" ("is_open") where is_open;`)
    this.addSql(
      `alter table "backup_run" add constraint "backup_run_agent_id_run_id_database_name_unique" unique ("agent_id", "run_id", "database_name");`,
    )

    this.addSql(
      `create table "api_client" ("id" text collate "C" not null, "name" text collate "C" not null, "prefix" text collate "C" not null, "hash" text collate "C" not null, "scopes" jsonb not null, "any_machine" boolean not null, "machine_id" text collate "C" null, "agents" jsonb not null default '[]', "created_at" timestamptz not null, "last_used_at" timestamptz null, "refused" text collate "C" null, "revoked_at" timestamptz null, primary key ("id"));`,
    )
    this.addSql(`alter table "api_client" add constraint "api_client_prefix_unique" unique ("prefix");`)

    this.addSql(
      `create table "protection" ("id" text collate "C" not null, "job_id" text collate "C" not null, "machine_id" text collate "C" not null, "path" text collate "C" not null, primary key ("id"));`,
    )

    this.addSql(
      `create table "room" ("id" text collate "C" not null, "path" text collate "C" not null, "uses" jsonb not null, "used" bigint not null, "free" bigint not null, "level" text collate "C" not null, "full_at" timestamptz null, "read_at" timestamptz not null, "unreadable" text collate "C" null, "days" jsonb not null, primary key ("id"));`,
    )
    this.addSql(`alter table "room" add constraint "room_path_unique" unique ("path");`)

    this.addSql(
      `create table "scan" ("id" text collate "C" not null, "trigger" text collate "C" not null, "started_at" timestamptz not null, "ended_at" timestamptz null, "outcome" text collate "C" null, "trouble" text collate "C" null, "folders_read" bigint not null default 0, "folders_unchanged" bigint not null default 0, "runs_recorded" bigint not null default 0, "reports_refused" bigint not null default 0, "files_read" bigint not null default 0, "files_promoted" bigint not null default 0, "files_quarantined" bigint not null default 0, "files_waiting" bigint not null default 0, "entries_opened" bigint not null default 0, "entries_judged" bigint not null default 0, "entries_missing" bigint not null default 0, primary key ("id"));`,
    )
    this.addSql(`create index "scan_started_at_id_index" on "scan" ("started_at", "id");`)

    this.addSql(
      `create table "scanner" ("id" text collate "C" not null, "instance_id" text collate "C" null, "deposit_id" text collate "C" null, "vault_id" text collate "C" null, "quarantine_id" text collate "C" null, "lease_owner" text collate "C" null, "lease_token" text collate "C" null, "lease_expires_at" timestamptz null, "troubles" jsonb not null default '[]', "last_scan_ended_at" timestamptz null, primary key ("id"));`,
    )

    this.addSql(
      `create table "scheduled_job" ("id" text collate "C" not null, "name" text collate "C" not null, "next_run_at" bigint null, "locked_at" bigint null, "priority" bigint not null, "disabled" boolean not null, "document" jsonb not null, primary key ("id"));`,
    )
    this.addSql(`create index "scheduled_job_name_next_run_at_index" on "scheduled_job" ("name", "next_run_at");`)

    this.addSql(
      `create table "session" ("id" text collate "C" not null, "link_prefix" text collate "C" not null, "link_hash" text collate "C" not null, "created_at" timestamptz not null, "expires_at" timestamptz not null, "started_at" timestamptz null, "prefix" text collate "C" null, "hash" text collate "C" null, "ended_at" timestamptz null, primary key ("id"));`,
    )
    this.addSql(`alter table "session" add constraint "session_link_prefix_unique" unique ("link_prefix");`)
    this.addSql(`alter table "session" add constraint "session_prefix_unique" unique ("prefix");`)

    this.addSql(
      `create table "disk" ("id" text collate "C" not null, "serial" text collate "C" null, "serial_key" text collate "C" null, "model" text collate "C" null, "wwn" text collate "C" null, "aliases" jsonb not null, "weak" boolean not null, "weak_key" text collate "C" null, "kernel_serial" text collate "C" null, "place" text collate "C" null, "type" text collate "C" not null, "bus" text collate "C" null, "role" text collate "C" null, "capacity_bytes" bigint null, "firmware" text collate "C" null, "rotation_rpm" bigint null, "machine_id" text collate "C" not null, "first_machine_id" text collate "C" not null, "device" text collate "C" null, "path" text collate "C" null, "health" text collate "C" not null, "reasons" jsonb not null, "accepted" jsonb not null default '[]', "rules_version" bigint not null, "label" text collate "C" null, "first_seen_at" timestamptz not null, "last_seen_at" timestamptz not null, "last_read_at" timestamptz null, "failed_readings" bigint not null default 0, "unreadable_since" timestamptz null, "missing_since" timestamptz null, "conflict_since" timestamptz null, "last_snapshot_id" bigint null, "last_document_id" text collate "C" null, "document_meaning" text collate "C" null, "document_at" timestamptz null, "archived_at" timestamptz null, primary key ("id"));`,
    )
    this.addSql(`create index "disk_serial_key_index" on "disk" ("serial_key");`)
    this.addSql(`create index "disk_wwn_index" on "disk" ("wwn");`)
    this.addSql(`alter table "disk" add constraint "disk_weak_key_unique" unique ("weak_key");`)
    this.addSql(`create index "disk_kernel_serial_index" on "disk" ("kernel_serial");`)
    this.addSql(
      `create index "disk_archived_at_health_last_read_at_missing_since_id_index" on "disk" ("archived_at", "health", "last_read_at", "missing_since", "id");`,
    )

    this.addSql(
      `create table "snapshot" ("id" bigserial primary key, "disk_id" text collate "C" not null, "machine_id" text collate "C" not null, "device" text collate "C" null, "collected_at" timestamptz not null, "at" timestamptz not null, "outcome" text collate "C" not null, "cause" text collate "C" null, "source" text collate "C" not null, "health" text collate "C" not null, "reasons" jsonb not null, "rules_version" bigint not null, "reported_status" text collate "C" null, "reported_label" text collate "C" null, "reported_detail" text collate "C" null, "temperature" bigint null, "power_on_hours" bigint null, "reallocated" bigint null, "pending" bigint null, "uncorrectable" bigint null, "percentage_used" bigint null, "media_errors" bigint null, "counters" jsonb null, "document_id" text collate "C" null);`,
    )
    this.addSql(`create index "snapshot_document_id_index" on "snapshot" ("document_id");`)
    this.addSql(`create index "snapshot_disk_id_at_index" on "snapshot" ("disk_id", "at");`)

    this.addSql(
      `create table "smart_document" ("id" text collate "C" not null, "disk_id" text collate "C" not null, "at" timestamptz not null, "meaning" text collate "C" not null, "daily" boolean not null, "content" bytea not null, primary key ("id"));`,
    )
    this.addSql(`create index "smart_document_daily_at_index" on "smart_document" ("daily", "at");`)
    this.addSql(`create index "smart_document_disk_id_at_index" on "smart_document" ("disk_id", "at");`)

    this.addSql(
      `create table "file_system_disk" ("file_system_id" text collate "C" not null, "disk_id" text collate "C" not null, primary key ("file_system_id", "disk_id"));`,
    )
    this.addSql(`create index "file_system_disk_disk_id_index" on "file_system_disk" ("disk_id");`)

    this.addSql(
      `create table "event" ("id" bigserial primary key, "type" text collate "C" not null, "severity" text collate "C" not null, "at" timestamptz not null, "cause" text collate "C" not null, "actor" text collate "C" null, "machine_id" text collate "C" null, "disk_id" text collate "C" null, "job_id" text collate "C" null, "entry_id" text collate "C" null, "from" text collate "C" null, "to" text collate "C" null, "facts" jsonb not null);`,
    )
    this.addSql(`create index "event_at_index" on "event" ("at");`)
    this.addSql(`create index "event_type_id_index" on "event" ("type", "id");`)
    this.addSql(`create index "event_job_id_id_index" on "event" ("job_id", "id");`)
    this.addSql(`create index "event_disk_id_id_index" on "event" ("disk_id", "id");`)
    this.addSql(`create index "event_machine_id_id_index" on "event" ("machine_id", "id");`)

    this.addSql(
      `create table "disk_stay" ("id" text collate "C" not null, "disk_id" text collate "C" not null, "machine_id" text collate "C" not null, "device" text collate "C" null, "since" timestamptz not null, "last_seen_at" timestamptz not null, "until" timestamptz null, primary key ("id"));`,
    )
    this.addSql(`create index "disk_stay_machine_id_until_index" on "disk_stay" ("machine_id", "until");`)
    this.addSql(`create index "disk_stay_disk_id_since_index" on "disk_stay" ("disk_id", "since");`)

    this.addSql(
      `create table "alert" ("id" text collate "C" not null, "cause" text collate "C" not null, "type" text collate "C" not null, "severity" text collate "C" not null, "status" text collate "C" null, "count" bigint not null, "job_id" text collate "C" null, "entry_id" text collate "C" null, "machine_id" text collate "C" null, "disk_id" text collate "C" null, "facts" jsonb not null, "opened_at" timestamptz not null, "changed_at" timestamptz not null, "acknowledged_at" timestamptz null, "acknowledged_by" text collate "C" null, "muted_until" timestamptz null, "resolved_at" timestamptz null, "remind_at" timestamptz null, primary key ("id"));`,
    )
    this.addSql(`create index "alert_opened_at_id_index" on "alert" ("opened_at", "id");`)
    this.addSql(`create index "alert_reminder" on "alert" ("remind_at") where resolved_at is null;`)
    this.addSql(`create unique index "alert_open_cause" on "alert" ("cause") where resolved_at is null;`)

    this.addSql(
      `create table "storage_array" ("id" text collate "C" not null, "machine_id" text collate "C" not null, "kind" text collate "C" not null, "name" text collate "C" not null, "level" text collate "C" null, "state" text collate "C" null, "expected_members" bigint null, "working_members" bigint null, "most_members" bigint null, "health" text collate "C" not null, "reasons" jsonb not null, "first_seen_at" timestamptz not null, "last_seen_at" timestamptz not null, "unanswered" bigint not null default 0, "unanswered_since" timestamptz null, "gone_since" timestamptz null, primary key ("id"));`,
    )
    this.addSql(`create index "storage_array_bad" on "storage_array" ("health", "id") where gone_since is null;`)
    this.addSql(
      `alter table "storage_array" add constraint "storage_array_machine_id_kind_name_unique" unique ("machine_id", "kind", "name");`,
    )

    this.addSql(
      `create table "unawaited_file" ("id" text collate "C" not null, "root" text collate "C" not null, "path" text collate "C" not null, "agent_id" text collate "C" not null, "size" bigint not null, "dev" text collate "C" not null, "ino" text collate "C" not null, "mtime_ns" text collate "C" not null, "ctime_ns" text collate "C" not null, "since" timestamptz not null, "sha256" text collate "C" null, "proven_by_id" text collate "C" null, primary key ("id"));`,
    )
    this.addSql(`create index "unawaited_file_agent_id_index" on "unawaited_file" ("agent_id");`)
    this.addSql(`create index "unawaited_file_size_id_index" on "unawaited_file" ("size", "id");`)
    this.addSql(
      `alter table "unawaited_file" add constraint "unawaited_file_root_path_unique" unique ("root", "path");`,
    )

    this.addSql(
      `alter table "inventory_report" add constraint "inventory_report_machine_id_foreign" foreign key ("machine_id") references "machine" ("id") deferrable initially immediate;`,
    )

    this.addSql(
      `alter table "file_system" add constraint "file_system_machine_id_foreign" foreign key ("machine_id") references "machine" ("id") deferrable initially immediate;`,
    )

    this.addSql(
      `alter table "expected_job" add constraint "expected_job_machine_id_foreign" foreign key ("machine_id") references "machine" ("id") on delete set null deferrable initially immediate;`,
    )

    this.addSql(
      `alter table "backup_entry" add constraint "backup_entry_job_id_foreign" foreign key ("job_id") references "expected_job" ("id") deferrable initially immediate;`,
    )
    this.addSql(
      `alter table "backup_entry" add constraint "backup_entry_best_run_id_foreign" foreign key ("best_run_id") references "backup_run" ("id") on delete set null deferrable initially immediate;`,
    )
    this.addSql(
      `alter table "backup_entry" add constraint "backup_entry_file_id_foreign" foreign key ("file_id") references "backup_file" ("id") on delete set null deferrable initially immediate;`,
    )

    this.addSql(
      `alter table "backup_file" add constraint "backup_file_job_id_foreign" foreign key ("job_id") references "expected_job" ("id") on delete set null deferrable initially immediate;`,
    )
    this.addSql(
      `alter table "backup_file" add constraint "backup_file_entry_id_foreign" foreign key ("entry_id") references "backup_entry" ("id") on delete set null deferrable initially immediate;`,
    )

    this.addSql(
      `alter table "backup_run" add constraint "backup_run_job_id_foreign" foreign key ("job_id") references "expected_job" ("id") on delete set null deferrable initially immediate;`,
    )
    this.addSql(
      `alter table "backup_run" add constraint "backup_run_entry_id_foreign" foreign key ("entry_id") references "backup_entry" ("id") on delete set null deferrable initially immediate;`,
    )
    this.addSql(
      `alter table "backup_run" add constraint "backup_run_file_id_foreign" foreign key ("file_id") references "backup_file" ("id") on delete set null deferrable initially immediate;`,
    )

    this.addSql(
      `alter table "api_client" add constraint "api_client_machine_id_foreign" foreign key ("machine_id") references "machine" ("id") on delete set null deferrable initially immediate;`,
    )

    this.addSql(
      `alter table "protection" add constraint "protection_job_id_foreign" foreign key ("job_id") references "expected_job" ("id") deferrable initially immediate;`,
    )
    this.addSql(
      `alter table "protection" add constraint "protection_machine_id_foreign" foreign key ("machine_id") references "machine" ("id") deferrable initially immediate;`,
    )

    this.addSql(
      `alter table "disk" add constraint "disk_machine_id_foreign" foreign key ("machine_id") references "machine" ("id") deferrable initially immediate;`,
    )
    this.addSql(
      `alter table "disk" add constraint "disk_first_machine_id_foreign" foreign key ("first_machine_id") references "machine" ("id") deferrable initially immediate;`,
    )
    this.addSql(
      `alter table "disk" add constraint "disk_last_snapshot_id_foreign" foreign key ("last_snapshot_id") references "snapshot" ("id") on delete set null deferrable initially immediate;`,
    )
    this.addSql(
      `alter table "disk" add constraint "disk_last_document_id_foreign" foreign key ("last_document_id") references "smart_document" ("id") on delete set null deferrable initially immediate;`,
    )

    this.addSql(
      `alter table "snapshot" add constraint "snapshot_disk_id_foreign" foreign key ("disk_id") references "disk" ("id") deferrable initially immediate;`,
    )
    this.addSql(
      `alter table "snapshot" add constraint "snapshot_machine_id_foreign" foreign key ("machine_id") references "machine" ("id") deferrable initially immediate;`,
    )
    this.addSql(
      `alter table "snapshot" add constraint "snapshot_document_id_foreign" foreign key ("document_id") references "smart_document" ("id") on delete restrict deferrable initially immediate;`,
    )

    this.addSql(
      `alter table "smart_document" add constraint "smart_document_disk_id_foreign" foreign key ("disk_id") references "disk" ("id") deferrable initially immediate;`,
    )

    this.addSql(
      `alter table "file_system_disk" add constraint "file_system_disk_file_system_id_foreign" foreign key ("file_system_id") references "file_system" ("id") on update cascade on delete cascade deferrable initially immediate;`,
    )
    this.addSql(
      `alter table "file_system_disk" add constraint "file_system_disk_disk_id_foreign" foreign key ("disk_id") references "disk" ("id") on update cascade on delete cascade deferrable initially immediate;`,
    )

    this.addSql(
      `alter table "event" add constraint "event_machine_id_foreign" foreign key ("machine_id") references "machine" ("id") on delete set null deferrable initially immediate;`,
    )
    this.addSql(
      `alter table "event" add constraint "event_disk_id_foreign" foreign key ("disk_id") references "disk" ("id") on delete set null deferrable initially immediate;`,
    )
    this.addSql(
      `alter table "event" add constraint "event_job_id_foreign" foreign key ("job_id") references "expected_job" ("id") on delete set null deferrable initially immediate;`,
    )
    this.addSql(
      `alter table "event" add constraint "event_entry_id_foreign" foreign key ("entry_id") references "backup_entry" ("id") on delete set null deferrable initially immediate;`,
    )

    this.addSql(
      `alter table "disk_stay" add constraint "disk_stay_disk_id_foreign" foreign key ("disk_id") references "disk" ("id") deferrable initially immediate;`,
    )
    this.addSql(
      `alter table "disk_stay" add constraint "disk_stay_machine_id_foreign" foreign key ("machine_id") references "machine" ("id") deferrable initially immediate;`,
    )

    this.addSql(
      `alter table "alert" add constraint "alert_job_id_foreign" foreign key ("job_id") references "expected_job" ("id") on delete set null deferrable initially immediate;`,
    )
    this.addSql(
      `alter table "alert" add constraint "alert_entry_id_foreign" foreign key ("entry_id") references "backup_entry" ("id") on delete set null deferrable initially immediate;`,
    )
    this.addSql(
      `alter table "alert" add constraint "alert_machine_id_foreign" foreign key ("machine_id") references "machine" ("id") on delete set null deferrable initially immediate;`,
    )
    this.addSql(
      `alter table "alert" add constraint "alert_disk_id_foreign" foreign key ("disk_id") references "disk" ("id") on delete set null deferrable initially immediate;`,
    )

    this.addSql(
      `alter table "storage_array" add constraint "storage_array_machine_id_foreign" foreign key ("machine_id") references "machine" ("id") deferrable initially immediate;`,
    )

    this.addSql(
      `alter table "unawaited_file" add constraint "unawaited_file_proven_by_id_foreign" foreign key ("proven_by_id") references "backup_file" ("id") on delete set null deferrable initially immediate;`,
    )
  }
}
