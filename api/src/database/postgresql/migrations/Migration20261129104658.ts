import { Migration } from '@mikro-orm/migrations'

export class Migration20261129104658 extends Migration {
  override name = 'Migration20261129104658'

  override up(): void {
    this.addSql(
      `alter table "file_system" add "no_copy_reason" text collate "C" null, add "no_copy_by" text collate "C" null, add "no_copy_at" timestamptz null;`,
    )
  }

  override down(): void {
    this.addSql(
      `alter table "file_system" drop column "no_copy_reason", drop column "no_copy_by", drop column "no_copy_at";`,
    )
  }
}
