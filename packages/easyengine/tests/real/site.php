<?php // A site: EasyEngine asks whether it is up.
