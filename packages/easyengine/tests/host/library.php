<?php

declare(strict_types=1);

// What the package uses of EasyEngine's other code. The sites and the config are files of the test.

namespace EE {
    final class Formatter
    {
        public function __construct(array $flags, array $fields)
        {
        }

        public function display_items(array $items): void
        {
            foreach ($items as $item) {
                echo implode("\t", $item), "\n";
            }
        }
    }
}

namespace EE\Model {
    final class Site
    {
        public string $site_url;
        public string $site_ssl;
        public bool $site_enabled;
        public bool $site_ssl_wildcard;

        /** @return self[] */
        public static function all(): array
        {
            return array_map(static function (array $row): self {
                $site = new self();
                [$site->site_url, $site->site_ssl, $site->site_enabled, $site->site_ssl_wildcard] = $row;
                return $site;
            }, json_decode(file_get_contents(EE_ROOT_DIR . '/sites.json'), true));
        }

        /** @return self|false */
        public static function find(string $url)
        {
            foreach (self::all() as $site) {
                if ($site->site_url === $url) {
                    return $site;
                }
            }
            return false;
        }
    }
}

namespace EE\Utils {
    function get_config_value(string $key, $default = null)
    {
        $config = json_decode(file_get_contents(EE_ROOT_DIR . '/config.json'), true);
        return empty($config[$key]) ? $default : $config[$key];
    }
}

namespace EE\Site\Utils {
    use EE;
    use EE\Model\Site;

    function auto_site_name(array $args, string $command, string $function): array
    {
        foreach (Site::all() as $site) {
            if (strpos(getcwd() . '/', EE_ROOT_DIR . "/sites/$site->site_url/") === 0) {
                return [$site->site_url];
            }
        }
        EE::error("$command $function needs a site");
    }
}
