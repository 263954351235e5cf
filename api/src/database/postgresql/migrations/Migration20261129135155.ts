import { Migration } from '@mikro-orm/migrations'

export class Migration20261129135155 extends Migration {
  override name = 'Migration20261129135155'

  override up(): void {
    this.addSql(`alter table "scanner" add column "inner_mounts" jsonb not null default '[]';`)
  }

  override down(): void {
    this.addSql(`alter table "scanner" drop column "inner_mounts";`)
  }
}
