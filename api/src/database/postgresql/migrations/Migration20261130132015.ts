import { Migration } from '@mikro-orm/migrations'

export class Migration20261130132015 extends Migration {
  override name = 'Migration20261130132015'

  override up(): void {
    this.addSql(`alter table "machine" add "tags" jsonb not null default '[]';`)
    this.addSql(`alter table "expected_job" add "tags" jsonb not null default '[]';`)
    this.addSql(`alter table "disk" add "tags" jsonb not null default '[]';`)
  }

  override down(): void {
    this.addSql(`alter table "disk" drop column "tags";`)
    this.addSql(`alter table "expected_job" drop column "tags";`)
    this.addSql(`alter table "machine" drop column "tags";`)
  }
}
