import { Migration } from '@mikro-orm/migrations'

/** Since when a file system is read-only after errors. */
export class Migration20261201141555 extends Migration {
  override name = 'Migration20261201141555'

  override up(): void {
    this.addSql(`alter table "file_system" add "went_read_only_at" timestamptz null;`)
  }

  override down(): void {
    this.addSql(`alter table "file_system" drop column "went_read_only_at";`)
  }
}
