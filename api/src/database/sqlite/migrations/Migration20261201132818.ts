import { Migration } from '@mikro-orm/migrations'

/** What several machines are asked, one after the other. */
export class Migration20261201132818 extends Migration {
  override name = 'Migration20261201132818'

  override up(): void {
    this.addSql(
      `create table \`rollout\` (\`id\` text not null primary key, \`action\` text not null, \`params\` json not null, \`status\` text not null, \`max_failures\` integer not null, \`requester\` json not null, \`created_at\` datetime not null, \`ended_at\` datetime null, \`left_out\` json not null);`,
    )
    this.addSql(`create index \`rollout_status_id_index\` on \`rollout\` (\`status\`, \`id\`);`)

    this.addSql(
      `alter table \`execution\` add column \`rollout_id\` text null constraint \`execution_rollout_id_foreign\` references \`rollout\` (\`id\`) on delete set null;`,
    )
    this.addSql(`alter table \`execution\` add column \`position\` integer null;`)
    this.addSql(`alter table \`execution\` add column \`turn_at\` datetime null;`)
    this.addSql(`create index \`execution_rollout_id_position_index\` on \`execution\` (\`rollout_id\`, \`position\`);`)
  }

  override down(): void {
    this.addSql(`drop table if exists \`rollout\`;`)

    this.addSql(`drop index \`execution_rollout_id_position_index\`;`)
    this.addSql(`alter table \`execution\` drop column \`rollout_id\`;`)
    this.addSql(`alter table \`execution\` drop column \`position\`;`)
    this.addSql(`alter table \`execution\` drop column \`turn_at\`;`)
  }
}
