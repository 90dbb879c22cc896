package dev.zerohop.benchmarks.startup;

import java.lang.management.ManagementFactory;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * The process of one start; prints one JSON object. Arguments: way, whether bare, services, the servers' ports, and the monotonic clock of the machine just before
 * this process was started.
 */
final class Client {
    private Client() {}

    public static void main(String[] arguments) throws Exception {
        boolean bare = Boolean.parseBoolean(arguments[1]);
        int services = Integer.parseInt(arguments[2]);
        String[] ports = arguments[3].split(" ");
        Way way = way(arguments[0], bare, services, ports);
        for (int service = 0; service < services; service++) {
            way.call(service);
        }
        double millis = (System.nanoTime() - Long.parseLong(arguments[4])) / 1e6;
        int classes = ManagementFactory.getClassLoadingMXBean().getLoadedClassCount();
        Map<String, Integer> threads = threads();
        System.out.printf(
                Locale.ROOT,
                "{\"millis\": %.1f, \"classes\": %d, \"heapBytes\": %d, \"threads\": {%s}}%n",
                millis,
                classes,
                heapInUse(),
                threads.entrySet().stream()
                        .map(each -> "\"" + each.getKey() + "\": " + each.getValue())
                        .collect(Collectors.joining(", ")));
        System.exit(0);
    }

    private static Way way(String name, boolean bare, int services, String[] ports) {
        return switch (name) {
            case "grpc" -> new GrpcWay(bare, services, ports);
            case "http" -> bare ? HttpWay.bare(services, ports) : RoutedHttpWay.of(services, ports);
            case "core" -> bare ? service -> {} : new CoreWay(services, ports);
            default -> throw new IllegalArgumentException(name);
        };
    }

    /** How many threads there are of each name, whatever the numbers in it. */
    private static Map<String, Integer> threads() {
        Map<String, Integer> threads = new TreeMap<>();
        for (Thread thread : Thread.getAllStackTraces().keySet()) {
            threads.merge(thread.getName().replaceAll("[0-9]+", "#"), 1, Integer::sum);
        }
        return threads;
    }

    private static long heapInUse() {
        for (int i = 0; i < 3; i++) {
            System.gc();
        }
        return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
    }
}
