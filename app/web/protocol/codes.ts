/** The vocabulary's codes that a reporter's client checks. Written by `python -m app.site.codes`. */

/** The version of the lists that these codes are of. */
export const VOCABULARY = "1.1.0"

export const CODES = {
    imminence: "now days weeks none unknown".split(" "),
    relation_of_target_to_reporter: "self partner child parent_or_sibling other_relative friend_or_colleague client organisation stranger".split(" "),
    country: "AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS XK YE YT ZA ZM ZW ZZ".split(" "),
    channel: "voice_call video_call messenger email social_platform in_person post_or_parcel booking_or_order_site consulate_counter court_or_official_paper device_or_network news_media via_relative unknown".split(" "),
    suspected_actor_role: "security_service police_of_origin_state overseas_service_station embassy_or_consulate party_or_influence_body diaspora_association court_or_prosecutor contractor criminal supporter person_i_know host_state_official unknown".split(" "),
    host_response: "not_reported reported_no_answer refused_or_dismissed registered investigation_opened protection_given target_treated_as_suspect actor_arrested_or_charged station_closed_or_expelled helped_origin_state unknown".split(" "),
    consent_scope: "service contact referral_support referral_legal referral_technical referral_un referral_host_authorities evidence statistics publication".split(" "),
    language: "en zh-Hans zh-Hant ug fa ru ar tr bo vi fr es ti tg ckb kmr km pa ur be rw ko".split(" "),
    report_state: "received in_triage accepted awaiting_reporter referred_out out_of_mandate duplicate insufficient abusive undecryptable withdrawn lapsed purged".split(" "),
    role: "triager caseworker supervisor custodian analyst auditor operator".split(" "),
    incident_group: "threat forced_return family physical legal mobility digital reputation other".split(" "),
}
