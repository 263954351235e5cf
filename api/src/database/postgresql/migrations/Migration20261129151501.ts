import { Migration } from '@mikro-orm/migrations'

export class Migration20261129151501 extends Migration {
  override name = 'Migration20261129151501'

  override up(): void {
    this.addSql(`alter table "machine" add column "smart_read_at" timestamptz null;`)
    this.addSql(`alter table "machine" add column "smart_lost" bigint not null default 0;`)
  }

  override down(): void {
    for (const column of ['smart_read_at', 'smart_lost']) this.addSql(`alter table "machine" drop column "${column}";`)
  }
}
