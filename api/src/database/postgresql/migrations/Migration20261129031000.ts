import { Migration } from '@mikro-orm/migrations'

export class Migration20261129031000 extends Migration {
  override name = 'Migration20261129031000'

  override up(): void | Promise<void> {
    this.addSql(`alter table "file_system" add "may_fail" bigint null;`)
  }

  override down(): void | Promise<void> {
    this.addSql(`alter table "file_system" drop column "may_fail";`)
  }
}
