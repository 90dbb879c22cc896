package dev.zerohop.etcd.client;

import dev.zerohop.etcd.EtcdClient;

/** Shows what clients hold open. */
public final class OpenClients {
    private OpenClients() {}

    /** How many clients the targets of this process share. */
    public static int ofTheProcess() {
        return SharedClients.OF_THE_PROCESS.open();
    }

    /** How many copies a client keeps. */
    public static int copies(EtcdClient client) {
        return client.cluster().copies();
    }
}
