import { Migration } from '@mikro-orm/migrations'

export class Migration20261130063350 extends Migration {
  override name = 'Migration20261130063350'

  override up(): void {
    this.addSql(
      `create table "demo_mark" ("id" text collate "C" not null, "first_day" timestamptz not null, "until" timestamptz not null, primary key ("id"));`,
    )
  }

  override down(): void {
    this.addSql(`drop table if exists "demo_mark" cascade;`)
  }
}
