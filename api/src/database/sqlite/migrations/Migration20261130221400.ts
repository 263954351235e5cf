import { Migration } from '@mikro-orm/migrations'

/** What machines are asked, and what their owners let them be asked. */
export class Migration20261130221400 extends Migration {
  override name = 'Migration20261130221400'

  override up(): void {
    this.addSql(
      `create table \`execution\` (\`id\` text not null primary key, \`machine_id\` text not null, \`action\` text not null, \`params\` json not null, \`changes\` integer not null, \`status\` text not null, \`requester\` json not null, \`approver\` json null, \`created_at\` datetime not null, \`planned_at\` datetime null, \`approve_by\` datetime not null, \`approved_at\` datetime null, \`not_before\` datetime null, \`start_by\` datetime null, \`expires_at\` datetime not null, \`nonce\` text not null, \`plan\` json null, \`effect\` text null, \`proof\` json null, \`override_reason\` text null, \`signature\` text null, \`operator\` text null, \`claim_id\` text null, \`claimed_at\` datetime null, \`started_at\` datetime null, \`ended_at\` datetime null, \`machine_ended_at\` datetime null, \`boot_id\` text null, \`conflict_at\` datetime null, \`stop\` text null, \`exit_code\` integer null, \`code\` text null, \`detail\` text null, \`refusal\` json null, \`result_hash\` text null, \`left_broken\` json not null, \`verification\` text not null, \`verified_at\` datetime null, \`contradictions\` json not null, \`log_size\` integer not null, \`log_is_whole\` integer null, \`log_deleted_at\` datetime null, \`pinned\` integer not null, constraint \`execution_machine_id_foreign\` foreign key (\`machine_id\`) references \`machine\` (\`id\`));`,
    )
    this.addSql(
      `create unique index "execution_one_at_a_time" on "execution" ("machine_id") where changes and "status" in ('DRAFT', 'AWAITING_APPROVAL', 'QUEUED', 'CLAIMED', 'RUNNING');`,
    )
    this.addSql(`create index "execution_unverified" on "execution" ("id") where "verification" = 'PENDING';`)
    this.addSql(`create index \`execution_status_id_index\` on \`execution\` (\`status\`, \`id\`);`)
    this.addSql(`create index \`execution_machine_id_id_index\` on \`execution\` (\`machine_id\`, \`id\`);`)

    this.addSql(
      `create table \`machine_policy\` (\`id\` text not null primary key, \`machine_id\` text not null, \`policy\` json not null, \`hash\` text not null, \`since\` datetime not null, \`asked_at\` datetime not null, \`boot_id\` text not null, constraint \`machine_policy_machine_id_foreign\` foreign key (\`machine_id\`) references \`machine\` (\`id\`));`,
    )
    this.addSql(`create unique index \`machine_policy_machine_id_unique\` on \`machine_policy\` (\`machine_id\`);`)
  }

  override down(): void {
    this.addSql(`drop table \`execution\`;`)
    this.addSql(`drop table \`machine_policy\`;`)
  }
}
