package dev.meshctl.control.registry.local;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.meshctl.api.proto.control.NodeReport;
import dev.meshctl.runtime.daemon.Counters;
import dev.meshctl.runtime.file.DurableFile;
import dev.meshctl.runtime.file.PrivateDirectory;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The last report of each node, one file each. What cannot be stored is counted; memory is what serves. */
final class NodeFiles {
    private static final System.Logger LOG = System.getLogger(NodeFiles.class.getName());
    private static final String SUFFIX = ".node";

    private final Path directory;
    private final Counters counters;

    NodeFiles(Path directory, Counters counters) throws IOException {
        this.directory = PrivateDirectory.create(directory);
        this.counters = counters;
        DurableFile.sweep(directory);
    }

    List<NodeReport> readAll() throws IOException {
        List<NodeReport> reports = new ArrayList<>();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(directory, "*" + SUFFIX)) {
            for (Path file : files) {
                try {
                    reports.add(NodeReport.parseFrom(DurableFile.read(file).orElse(new byte[0])));
                } catch (InvalidProtocolBufferException e) {
                    setAside(file, e);
                }
            }
        }
        return reports;
    }

    private void setAside(Path file, InvalidProtocolBufferException why) throws IOException {
        counters.increment("node_file_corrupt");
        Path aside = DurableFile.setAside(file);
        LOG.log(System.Logger.Level.WARNING, () -> file + " cannot be read (" + why.getMessage() + "); it was moved to "
                + aside.getFileName() + " and the node's next report replaces it");
    }

    void write(NodeReport report) {
        try {
            DurableFile.write(file(report.getNode()), report.toByteArray(), DurableFile.PRIVATE);
        } catch (IOException e) {
            failed(report.getNode(), e);
        }
    }

    void delete(String node) {
        try {
            DurableFile.delete(file(node));
        } catch (IOException e) {
            failed(node, e);
        }
    }

    private void failed(String node, IOException e) {
        counters.increment("node_not_stored");
        LOG.log(System.Logger.Level.WARNING, () -> "the workloads of node " + node + " are in use but not on disk; after a"
                + " restart of the control plane they are missing until the node reports: " + e.getMessage());
    }

    private Path file(String node) {
        return directory.resolve(node + SUFFIX);
    }
}
