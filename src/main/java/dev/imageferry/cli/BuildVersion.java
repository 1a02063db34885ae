package dev.imageferry.cli;

import java.io.IOException;
import java.io.InputStream;
import java.util.Properties;
import picocli.CommandLine.IVersionProvider;

/** The version and the commit that the build wrote into the jar. */
final class BuildVersion implements IVersionProvider {
    private static final String RESOURCE = "/imageferry-version.properties";

    @Override
    public String[] getVersion() throws IOException {
        Properties build = new Properties();
        try (InputStream in = BuildVersion.class.getResourceAsStream(RESOURCE)) {
            if (in == null) {
                throw new IllegalStateException("the jar has no " + RESOURCE);
            }
            build.load(in);
        }
        return new String[] {
            "imageferry %s (commit %s)".formatted(build.getProperty("version"), build.getProperty("commit"))
        };
    }
}
