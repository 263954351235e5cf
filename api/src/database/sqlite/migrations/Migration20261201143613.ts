import { Migration } from '@mikro-orm/migrations'

/** By which way apt fetches. */
export class Migration20261201143613 extends Migration {
  override name = 'Migration20261201143613'

  override up(): void {
    this.addSql(`alter table \`machine_state\` add column \`apt_proxy_mode\` text null;`)
    this.addSql(`alter table \`machine_state\` add column \`apt_proxy_url\` text null;`)
  }

  override down(): void {
    this.addSql(`alter table \`machine_state\` drop column \`apt_proxy_mode\`;`)
    this.addSql(`alter table \`machine_state\` drop column \`apt_proxy_url\`;`)
  }
}
