/** Reads the record again while its steps are under way, so that a person sees each one end. */

import { Component, onWillUnmount, useEffect, xml } from "@odoo/owl";
import { registry } from "@web/core/registry";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";

const DELAY = 1000;
const UNDER_WAY = ["connecting", "disconnecting"];

export class WatchSteps extends Component {
    static template = xml`<span class="d-none"/>`;
    static props = { ...standardWidgetProps };

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
        return UNDER_WAY.includes(this.props.record.data.connect_state);
    }

    /** Never under the hands of somebody who edits. */
    watch() {
        this.timer = setTimeout(async () => {
            const { record } = this.props;
            if (record.resId && !(await record.isDirty()) && !this.gone) {
                await record.load();
            }
            if (!this.gone && this.underWay) {
                this.watch();
            }
        }, DELAY);
    }
}

registry.category("view_widgets").add("chatwootai_watch_steps", { component: WatchSteps });
