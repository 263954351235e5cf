import { Migration } from '@mikro-orm/migrations'

/** How a machine is: what it told, what that means, and the packages with something to do. */
export class Migration20261130182754 extends Migration {
  override name = 'Migration20261130182754'

  override up(): void {
    this.addSql(
      `create table "machine_package" ("id" text collate "C" not null, "machine_id" text collate "C" not null, "name" text collate "C" not null, "architecture" text collate "C" not null, "change" text collate "C" not null, "kept" text collate "C" null, "installed" text collate "C" null, "candidate" text collate "C" null, "security" boolean null, "source" text collate "C" null, "since" timestamptz not null, "security_since" timestamptz null, primary key ("id"));`,
    )
    this.addSql(`create index "machine_package_name_id_index" on "machine_package" ("name", "id");`)
    this.addSql(
      `alter table "machine_package" add constraint "machine_package_machine_id_name_architecture_unique" unique ("machine_id", "name", "architecture");`,
    )
    this.addSql(
      `create table "machine_state" ("id" text collate "C" not null, "machine_id" text collate "C" not null, "updates_at" timestamptz null, "updates_problem" text collate "C" null, "installable" bigint null, "security" bigint null, "security_unknown" bigint null, "added" bigint null, "removed" bigint null, "downgraded" bigint null, "held" bigint null, "phased" bigint null, "kept_for_dependency" bigint null, "download_bytes" bigint null, "plan_hash" text collate "C" null, "lists_refreshed_at" timestamptz null, "lists_valid_until" timestamptz null, "busy" text collate "C" null, "interrupted" boolean null, "broken" jsonb null, "security_since" timestamptz null, "reboot_at" timestamptz null, "reboot_reasons" jsonb null, "reboot_since" timestamptz null, "kernel_checked" boolean null, "running_kernel" text collate "C" null, "booted_at" timestamptz null, "security_told_at" timestamptz null, "reboot_told_at" timestamptz null, primary key ("id"));`,
    )
    this.addSql(
      `alter table "machine_state" add constraint "machine_state_machine_id_unique" unique ("machine_id") deferrable initially immediate;`,
    )
    this.addSql(
      `create table "system_snapshot" ("id" text collate "C" not null, "machine_id" text collate "C" not null, "kind" text collate "C" not null, "version" bigint not null, "content_hash" text collate "C" not null, "collected_at" timestamptz not null, "confirmed_at" timestamptz not null, "payload" text collate "C" not null, primary key ("id"));`,
    )
    this.addSql(
      `create index "system_snapshot_machine_id_kind_collected_at_index" on "system_snapshot" ("machine_id", "kind", "collected_at");`,
    )
    this.addSql(
      `alter table "machine_package" add constraint "machine_package_machine_id_foreign" foreign key ("machine_id") references "machine" ("id") deferrable initially immediate;`,
    )
    this.addSql(
      `alter table "machine_state" add constraint "machine_state_machine_id_foreign" foreign key ("machine_id") references "machine" ("id") deferrable initially immediate;`,
    )
    this.addSql(
      `alter table "system_snapshot" add constraint "system_snapshot_machine_id_foreign" foreign key ("machine_id") references "machine" ("id") deferrable initially immediate;`,
    )
  }

  override down(): void {
    for (const table of ['machine_package', 'machine_state', 'system_snapshot']) this.addSql(`drop table "${table}";`)
  }
}
