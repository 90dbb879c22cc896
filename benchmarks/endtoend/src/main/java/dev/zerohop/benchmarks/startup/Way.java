package dev.zerohop.benchmarks.startup;

/** How a process makes its calls. The services are there before the first one. */
interface Way {
    /** The servers of {@link dev.zerohop.benchmarks.endtoend.Servers}: so many for gRPC, then as many for HTTP. */
    int SERVERS = 3;

    void call(int service) throws Exception;

    /** Another target for each service, of the same servers. */
    static String target(int service, String[] ports, int from) {
        StringBuilder target = new StringBuilder("static:///");
        for (int i = from; i < from + SERVERS; i++) {
            target.append(i == from ? "" : ",")
                    .append("127.0.0.1:")
                    .append(ports[i])
                    .append(";zone=zone-")
                    .append(service);
        }
        return target.toString();
    }
}
