package dev.imageferry.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The command {@code put}. */
@Command(
        name = "put",
        description = "Sends images to the daemon. Prints the job ids, or with --wait the image ids.",
        footer = {
            "",
            "With several files, each line is the id, a tab and the file. A FILE that ends in .yaml or .json is a sidecar.",
            "Exit status: 0 all sent (with --wait: all available), 1 some not, 2 wrong call, 3 daemon out of reach, 4 time was up"
        })
final class PutCommand extends DaemonCommand {
    @Parameters(paramLabel = "FILE", arity = "1..*", description = "Images, and sidecars")
    List<String> files = new ArrayList<>();

    @Option(names = "--label", paramLabel = "LABEL", description = "Label of the image")
    @Nullable
    String label;

    @Option(names = "--description", paramLabel = "TEXT", description = "Description of the image")
    @Nullable
    String description;

    @Option(names = "--region", paramLabel = "REGION", description = "Region of the image, such as us-ord")
    @Nullable
    String region;

    @Option(names = "--tag", paramLabel = "TAG", description = "Tag of the image. Can be repeated")
    List<String> tags = new ArrayList<>();

    @Option(names = "--cloud-init", description = "The image supports cloud-init")
    @Nullable
    Boolean cloudInit;

    @Option(names = "--family", paramLabel = "NAME", description = "Family of the images, such as debian-12")
    @Nullable
    String family;

    @Option(names = "--keep", paramLabel = "NUMBER", description = "How many images of the family are kept")
    @Nullable
    Integer keep;

    @Option(names = "--priority", paramLabel = "NUMBER", description = "Jobs with a higher priority are uploaded first")
    @Nullable
    Integer priority;

    @Option(names = "--wait", description = "Wait until the images are available")
    boolean wait;

    @Option(names = "--json", description = "Print an array of jobs")
    boolean json;

    @Mixin
    final WaitOptions waiting = new WaitOptions();

    PutCommand(CommandContext context) {
        super(context);
    }

    @Override
    ExitStatus run(DaemonClient client) throws CommandFailure, InterruptedException {
        List<Path> sidecars = new ArrayList<>();
        List<Path> images = new ArrayList<>();
        for (Path path : paths()) {
            (LocalFile.isSidecar(LocalFile.nameOf(path)) ? sidecars : images).add(path);
        }
        Sidecar metadata = new Sidecar(label, description, region, tags, cloudInit, priority, family, keep);
        if (!metadata.isEmpty() && sidecars.stream().map(LocalFile::nameOf).anyMatch(LocalFile::isMetadata)) {
            throw new CommandFailure(
                    ExitStatus.WRONG_CALL, "Use either a sidecar or the options for metadata, not both");
        }
        EndedJobs report = new EndedJobs(context.terminal(), json, images.size() > 1);
        try {
            new PutRun(client, context, waiting, report, metadata, wait).run(sidecars, images);
        } finally {
            report.finish();
        }
        return report.status();
    }

    private List<Path> paths() throws CommandFailure {
        List<Path> paths = new ArrayList<>();
        Set<String> names = new HashSet<>();
        for (String file : files) {
            Path path = LocalFile.check(file);
            if (!names.add(LocalFile.nameOf(path))) {
                throw new CommandFailure(
                        ExitStatus.WRONG_CALL,
                        "Two files have the name %s, but the drop folder has room for one: send them one after the other"
                                .formatted(FileReport.shown(LocalFile.nameOf(path))));
            }
            paths.add(path);
        }
        return paths;
    }
}
