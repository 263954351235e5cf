import { Migration } from '@mikro-orm/migrations'

/** What machines are asked, and what their owners let them be asked. */
export class Migration20261130221401 extends Migration {
  override name = 'Migration20261130221401'

  override up(): void {
    this.addSql(
      `create table "execution" ("id" text collate "C" not null, "machine_id" text collate "C" not null, "action" text collate "C" not null, "params" jsonb not null, "changes" boolean not null, "status" text collate "C" not null, "requester" jsonb not null, "approver" jsonb null, "created_at" timestamptz not null, "planned_at" timestamptz null, "approve_by" timestamptz not null, "approved_at" timestamptz null, "not_before" timestamptz null, "start_by" timestamptz null, "expires_at" timestamptz not null, "nonce" text collate "C" not null, "plan" jsonb null, "effect" text collate "C" null, "proof" jsonb null, "override_reason" text collate "C" null, "signature" text collate "C" null, "operator" text collate "C" null, "claim_id" text collate "C" null, "claimed_at" timestamptz null, "started_at" timestamptz null, "ended_at" timestamptz null, "machine_ended_at" timestamptz null, "boot_id" text collate "C" null, "conflict_at" timestamptz null, "stop" text collate "C" null, "exit_code" bigint null, "code" text collate "C" null, "detail" text collate "C" null, "refusal" jsonb null, "result_hash" text collate "C" null, "left_broken" jsonb not null, "verification" text collate "C" not null, "verified_at" timestamptz null, "contradictions" jsonb not null, "log_size" bigint not null, "log_is_whole" boolean null, "log_deleted_at" timestamptz null, "pinned" boolean not null, primary key ("id"));`,
    )
    this.addSql(
      `create unique index "execution_one_at_a_time" on "execution" ("machine_id") where changes and "status" in ('DRAFT', 'AWAITING_APPROVAL', 'QUEUED', 'CLAIMED', 'RUNNING');`,
    )
    this.addSql(`create index "execution_unverified" on "execution" ("id") where "verification" = 'PENDING';`)
    this.addSql(`create index "execution_status_id_index" on "execution" ("status", "id");`)
    this.addSql(`create index "execution_machine_id_id_index" on "execution" ("machine_id", "id");`)

    this.addSql(
      `create table "machine_policy" ("id" text collate "C" not null, "machine_id" text collate "C" not null, "policy" jsonb not null, "hash" text collate "C" not null, "since" timestamptz not null, "asked_at" timestamptz not null, "boot_id" text collate "C" not null, primary key ("id"));`,
    )
    this.addSql(
      `alter table "machine_policy" add constraint "machine_policy_machine_id_unique" unique ("machine_id") deferrable initially immediate;`,
    )

    this.addSql(
      `alter table "execution" add constraint "execution_machine_id_foreign" foreign key ("machine_id") references "machine" ("id") deferrable initially immediate;`,
    )

    this.addSql(
      `alter table "machine_policy" add constraint "machine_policy_machine_id_foreign" foreign key ("machine_id") references "machine" ("id") deferrable initially immediate;`,
    )
  }

  override down(): void {
    this.addSql(`drop table "execution";`)
    this.addSql(`drop table "machine_policy";`)
  }
}
