package dev.zerohop.benchmarks.large;

import dev.zerohop.Snapshot;

/** Where changes come from, and how to tell by a published version which of them it has. One thread makes changes, the control thread asks. */
interface ChangeSource {

    /** Brings the service to where the changes begin. */
    void begin(Service service) throws Exception;

    /** Makes change {@code number}, from 1 on. */
    void change(Service service, int number);

    /** The number of the last change that this version shows, given that it shows change {@code known} at least. */
    int shown(Snapshot snapshot, int known);
}
