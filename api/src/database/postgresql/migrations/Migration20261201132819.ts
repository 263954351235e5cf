import { Migration } from '@mikro-orm/migrations'

/** What several machines are asked, one after the other. */
export class Migration20261201132819 extends Migration {
  override name = 'Migration20261201132819'

  override up(): void {
    this.addSql(
      `create table "rollout" ("id" text collate "C" not null, "action" text collate "C" not null, "params" jsonb not null, "status" text collate "C" not null, "max_failures" bigint not null, "requester" jsonb not null, "created_at" timestamptz not null, "ended_at" timestamptz null, "left_out" jsonb not null, primary key ("id"));`,
    )
    this.addSql(`create index "rollout_status_id_index" on "rollout" ("status", "id");`)

    this.addSql(
      `alter table "execution" add "rollout_id" text collate "C" null, add "position" bigint null, add "turn_at" timestamptz null;`,
    )
    this.addSql(
      `alter table "execution" add constraint "execution_rollout_id_foreign" foreign key ("rollout_id") references "rollout" ("id") on delete set null deferrable initially immediate;`,
    )
    this.addSql(`create index "execution_rollout_id_position_index" on "execution" ("rollout_id", "position");`)
  }

  override down(): void {
    this.addSql(`alter table "execution" drop constraint "execution_rollout_id_foreign";`)

    this.addSql(`drop table if exists "rollout" cascade;`)

    this.addSql(`drop index "execution_rollout_id_position_index";`)
    this.addSql(`alter table "execution" drop column "rollout_id", drop column "position", drop column "turn_at";`)
  }
}
