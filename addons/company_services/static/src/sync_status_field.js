/** The status bar of a profile. While a sync is under way it reads the record again, so that a person sees it end. */

import { onWillUnmount, useEffect } from "@odoo/owl";
import { registry } from "@web/core/registry";
import { StatusBarField, statusBarField } from "@web/views/fields/statusbar/statusbar_field";

const FIRST_DELAY = 1500;
const LAST_DELAY = 30000;

export class SyncStatusField extends StatusBarField {
    setup() {
        super.setup();
        this.delay = FIRST_DELAY;
        useEffect(
            (state) => {
                clearTimeout(this.timer);
                if (state === "syncing") {
                    this.delay = FIRST_DELAY;
                    this.watch();
                }
            },
            () => [this.props.record.data[this.props.name]]
        );
        onWillUnmount(() => {
            this.gone = true;
            clearTimeout(this.timer);
        });
    }

    /** Retries can take half an hour: look less and less often, and never under the hands of somebody who edits. */
    watch() {
        this.timer = setTimeout(async () => {
            const { record, name } = this.props;
            if (record.resId && !(await record.isDirty()) && !this.gone) {
                await record.load();
            }
            this.delay = Math.min(this.delay * 1.5, LAST_DELAY);
            if (!this.gone && this.props.record.data[name] === "syncing") {
                this.watch();
            }
        }, this.delay);
    }
}

registry.category("fields").add("company_services_sync_status", {
    ...statusBarField,
    component: SyncStatusField,
});
