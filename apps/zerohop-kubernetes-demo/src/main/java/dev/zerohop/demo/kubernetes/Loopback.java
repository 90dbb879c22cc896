package dev.zerohop.demo.kubernetes;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;

/** Addresses for pods. */
final class Loopback {
    private static final boolean MANY = bindable("127.77.0.1");

    private Loopback() {}

    /** The n-th address, n from 1; if the system has only one loopback address, pods differ only in their ports. */
    static String address(int n) {
        return MANY ? "127.77." + n / 250 + "." + (1 + n % 250) : "127.0.0.1";
    }

    private static boolean bindable(String address) {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getByName(address))) {
            return socket.isBound();
        } catch (IOException onlyOne) {
            return false;
        }
    }
}
