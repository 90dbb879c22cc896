package dev.zerohop.benchmarks.okhttp;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;

/** Gives the same bytes for every request without a body, on threads of its own; a connection stays open until the client closes it. */
final class AnswerServer implements AutoCloseable {
    private final ServerSocket listener;
    private final byte[] answer;

    AnswerServer(byte[] answer) throws IOException {
        this.answer = answer;
        this.listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        daemon(this::accept);
    }

    /** The bytes of an answer: {@code none} has no body, {@code fixed} a length, {@code chunked} pieces of up to 8 KiB; behind that the bytes of body. */
    static byte[] answer(String kind) {
        String[] words = kind.split(" ");
        int bytes = Integer.parseInt(words[1]);
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        switch (words[0]) {
            case "none" -> write(out, "HTTP/1.1 204 No Content\r\n\r\n");
            case "fixed" -> write(out, "HTTP/1.1 200 OK\r\nContent-Length: " + bytes + "\r\n\r\n" + "x".repeat(bytes));
            case "chunked" -> {
                write(out, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
                for (int left = bytes; left > 0; left -= 8192) {
                    int piece = Math.min(left, 8192);
                    write(out, Integer.toHexString(piece) + "\r\n" + "x".repeat(piece) + "\r\n");
                }
                write(out, "0\r\n\r\n");
            }
            default -> throw new IllegalArgumentException(kind);
        }
        return out.toByteArray();
    }

    private static void write(ByteArrayOutputStream out, String text) {
        out.writeBytes(text.getBytes(StandardCharsets.US_ASCII));
    }

    int port() {
        return listener.getLocalPort();
    }

    private void accept() {
        try {
            while (true) {
                Socket socket = listener.accept();
                daemon(() -> serve(socket));
            }
        } catch (IOException closed) {
            // The end of the benchmark.
        }
    }

    private void serve(Socket accepted) {
        try (Socket socket = accepted) {
            socket.setTcpNoDelay(true);
            InputStream in = new BufferedInputStream(socket.getInputStream());
            OutputStream out = socket.getOutputStream();
            while (readHead(in)) {
                out.write(answer);
            }
        } catch (IOException left) {
            // The client closed it.
        }
    }

    /** Reads up to the empty line; false at the end of the connection. */
    private static boolean readHead(InputStream in) throws IOException {
        int last = 0;
        for (int next = in.read(); next >= 0; next = in.read()) {
            last = last << 8 | next;
            if (last == 0x0d0a0d0a) {
                return true;
            }
        }
        return false;
    }

    private static void daemon(Runnable task) {
        Thread thread = new Thread(task, "answer-server");
        thread.setDaemon(true);
        thread.start();
    }

    @Override
    public void close() throws IOException {
        listener.close();
    }
}
