import { Migration } from '@mikro-orm/migrations'

/** By which way apt fetches. */
export class Migration20261201143615 extends Migration {
  override name = 'Migration20261201143615'

  override up(): void {
    this.addSql(
      `alter table "machine_state" add "apt_proxy_mode" text collate "C" null, add "apt_proxy_url" text collate "C" null;`,
    )
  }

  override down(): void {
    this.addSql(`alter table "machine_state" drop column "apt_proxy_mode", drop column "apt_proxy_url";`)
  }
}
