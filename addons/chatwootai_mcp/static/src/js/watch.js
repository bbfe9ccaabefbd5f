/** Reads the record again while work on it is under way, so that a person sees it end.
 *
 *     <widget name="chatwootai_watch" field="state" values="queued" />
 */

import { Component, onWillUnmount, useEffect, xml } from "@odoo/owl";
import { registry } from "@web/core/registry";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";

const DELAY = 1000;

export class Watch extends Component {
    static template = xml`<span class="d-none"/>`;
    static props = { ...standardWidgetProps, field: String, values: Array };

    setup() {
        useEffect(
            (underWay) => {
                clearTimeout(this.timer);
                if (underWay) {
                    this.watch();
                }
            },
            () => [this.underWay]
        );
        onWillUnmount(() => {
            this.gone = true;
            clearTimeout(this.timer);
        });
    }

    get underWay() {
        return this.props.values.includes(String(this.props.record.data[this.props.field]));
    }

    /** Never under the hands of somebody who edits. */
    watch() {
        this.timer = setTimeout(async () => {
            const { record } = this.props;
            if (!(await record.isDirty()) && !this.gone) {
                await record.load();
            }
            if (!this.gone && this.underWay) {
                this.watch();
            }
        }, DELAY);
    }
}

registry.category("view_widgets").add("chatwootai_watch", {
    component: Watch,
    extractProps: ({ attrs }) => ({ field: attrs.field, values: attrs.values.split(",") }),
});
