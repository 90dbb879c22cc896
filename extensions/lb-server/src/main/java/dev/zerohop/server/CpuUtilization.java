package dev.zerohop.server;

import java.lang.management.ManagementFactory;
import java.util.function.DoubleSupplier;

/** The share of the container's CPUs that is in use, as the JDK measures it; 0 where it does not. */
final class CpuUtilization implements DoubleSupplier {
    static final CpuUtilization INSTANCE = new CpuUtilization();

    private CpuUtilization() {}

    @Override
    public double getAsDouble() {
        return ManagementFactory.getOperatingSystemMXBean() instanceof com.sun.management.OperatingSystemMXBean system
                ? Math.max(0, system.getCpuLoad())
                : 0;
    }
}
