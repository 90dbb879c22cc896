package dev.zerohop.benchmarks.endtoend;

import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** The hop that is saved: HAProxy or nginx, whichever is on the PATH, between the client and the same servers. */
record Proxy(String name, Process process, int grpcPort, int httpPort) implements AutoCloseable {

    /** Starts one, or returns null if neither is installed. */
    static Proxy start(List<String> prefix, List<Integer> grpc, List<Integer> http)
            throws IOException, InterruptedException {
        Path directory = Files.createTempDirectory("benchmark-proxy");
        Path configuration = directory.resolve("proxy.conf");
        int grpcPort = freePort();
        int httpPort = freePort();
        String binary = onPath("haproxy");
        String name = "HAProxy";
        List<String> command;
        if (binary != null) {
            Files.writeString(configuration, haproxy(grpc, http, grpcPort, httpPort));
            command = List.of(binary, "-db", "-f", configuration.toString());
        } else {
            binary = onPath("nginx");
            name = "nginx";
            if (binary == null) {
                return null;
            }
            Files.writeString(configuration, nginx(directory, grpc, http, grpcPort, httpPort));
            command = List.of(binary, "-c", configuration.toString(), "-p", directory.toString());
        }
        List<String> whole = new ArrayList<>(prefix);
        whole.addAll(command);
        Process process = new ProcessBuilder(whole)
                .redirectErrorStream(true)
                .redirectOutput(directory.resolve("log").toFile())
                .start();
        for (int port : new int[] {grpcPort, httpPort}) {
            awaitPort(process, port, directory.resolve("log"));
        }
        return new Proxy(name, process, grpcPort, httpPort);
    }

    private static String haproxy(List<Integer> grpc, List<Integer> http, int grpcPort, int httpPort) {
        return """
                global
                  nbthread 2
                defaults
                  mode http
                  timeout connect 5s
                  timeout client 60s
                  timeout server 60s
                  http-reuse always
                listen http
                  bind 127.0.0.1:%d
                  balance roundrobin
                %s
                listen grpc
                  bind 127.0.0.1:%d proto h2
                  balance roundrobin
                %s
                """.formatted(
                        httpPort,
                        lines(http, "  server s%1$d 127.0.0.1:%1$d"),
                        grpcPort,
                        lines(grpc, "  server s%1$d 127.0.0.1:%1$d proto h2"));
    }

    private static String nginx(Path directory, List<Integer> grpc, List<Integer> http, int grpcPort, int httpPort) {
        return """
                daemon off;
                worker_processes 2;
                pid %1$s/pid;
                error_log stderr;
                events { worker_connections 1024; }
                http {
                  access_log off;
                  client_body_temp_path %1$s/body;
                  proxy_temp_path %1$s/proxy;
                  fastcgi_temp_path %1$s/fastcgi;
                  uwsgi_temp_path %1$s/uwsgi;
                  scgi_temp_path %1$s/scgi;
                  keepalive_requests 1000000000;
                  upstream http { %2$s keepalive 64; keepalive_requests 1000000000; }
                  upstream grpc { %3$s keepalive 64; keepalive_requests 1000000000; }
                  server {
                    listen 127.0.0.1:%4$d;
                    location / { proxy_pass http://http; proxy_http_version 1.1; proxy_set_header Connection ""; }
                  }
                  server {
                    listen 127.0.0.1:%5$d http2;
                    location / { grpc_pass grpc://grpc; }
                  }
                }
                """.formatted(
                        directory,
                        lines(http, "server 127.0.0.1:%d;"),
                        lines(grpc, "server 127.0.0.1:%d;"),
                        httpPort,
                        grpcPort);
    }

    private static String lines(List<Integer> ports, String format) {
        return ports.stream().map(format::formatted).collect(Collectors.joining("\n"));
    }

    private static String onPath(String binary) {
        for (String directory : System.getenv("PATH").split(File.pathSeparator)) {
            Path candidate = Path.of(directory, binary);
            if (Files.isExecutable(candidate)) {
                return candidate.toString();
            }
        }
        return null;
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    private static void awaitPort(Process process, int port, Path log) throws IOException, InterruptedException {
        for (int i = 0; i < 100 && process.isAlive(); i++) {
            try (Socket socket = new Socket()) {
                socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 1000);
                return;
            } catch (IOException notYet) {
                Thread.sleep(50);
            }
        }
        process.destroy();
        throw new IllegalStateException("the proxy does not listen on port " + port + ": " + Files.readString(log));
    }

    @Override
    public void close() {
        process.destroy();
    }
}
