"""Which words do absence notes use in languages that few write, and which where somebody left? Data for `phrases`.

A row is a language: who is away, until when, whom to ask instead. The larger languages stand in `phrases`.
"""

_ROWS = (
    # Bulgarian
    (
        r"в отпуск съм|съм в (?:отпуск|командировка)|(?:ще )?отсъствам|извън офиса|не съм в офиса",
        r"ще се върна|завръщане",
        r"при спешн|спешни|свържете се|обърнете се",
    ),
    # Croatian, Serbian, Bosnian
    (
        r"(?:na )?godišnje[mg] (?:sam )?odmor|(?:nisam|neću biti) (?:u|dostup|prisut)|odsut(?:an|na) sam|"
        r"sam odsut|na bolovanju|na (?:službenom|sluzbenom) putu|na odmoru sam|sam na odmoru|"
        r"на годишњем одмору|нисам у канцеларији|одсут(?:ан|на) сам",
        r"vra[ćc]am se|povratk|ponovno? (?:dostup|u uredu)|враћам се",
        r"za hitn|hitne|hitno|obratite se|kontaktirajte|за хитне|обратите се",
    ),
    # Slovenian
    (
        r"(?:sem|bom) na (?:dopustu|službeni poti|bolniški|porodniški)|na dopustu sem|nisem (?:v pisarni|dosegljiv)|"
        r"(?:sem|bom) odsot",
        r"vrnem|vrnitv",
        r"v nujnih|nujne|obrnite|kontaktirajte",
    ),
    # Slovak
    (
        r"som na dovolenke|čerpám dovolenku|nie som v (?:kancelárii|práci)|som mimo|nebudem v (?:kancelárii|práci)",
        r"vrátim sa|návrate",
        r"v s[úu]rnych|súrne|obr[áa]ťte sa|kontaktujte",
    ),
    # Lithuanian
    (r"atostogauju|esu atostogose|nesu (?:biure|darbe)|komandiruotėje", r"grįšiu|iki", r"skubiais|skubos|kreipkitės"),
    # Latvian
    (
        r"esmu (?:atvaļinājumā|komandējumā|prombūtnē)|neesmu birojā|atrodos (?:atvaļinājumā|prombūtnē)",
        r"atgriezīšos|līdz",
        r"steidzam|sazinieties|vērsties",
    ),
    # Estonian
    (
        r"olen (?:puhkusel|lähetuses|kontorist väljas|kontorist eemal|haiguslehel)|viibin puhkusel|ei ole kontoris",
        r"tagasi|kuni",
        r"kiire(?:te|ma|loomuli)|pöörduge|võtke ühendust",
    ),
    # Icelandic
    (
        r"ég er í (?:fríi|leyfi|orlofi)|er ekki við|verð í (?:fríi|leyfi)",
        r"kem aftur|til \d",
        r"áríðandi|hafið samband",
    ),
    # Hebrew
    (
        r"אני (?:נמצאת? )?(?:בחופש|בחופשה|בחו\"ל|במילואים)|אינני במשרד|לא במשרד|אני בחופשת|אהיה בחופש|(?:לא|"
        r"אינני) זמינה? (?:במייל|בדוא)|נמצאת? בחו(?:פשת|\"ל)",
        r"אחזור|עד (?:ה|יום|\d)|אשוב",
        r"בנושאים דחופים|דחוף|דחופים|במקרה דחוף|(?:ניתן|נא|אפשר|יש) לפנות|לפנות אל",
    ),
    # Arabic, Persian
    (
        r"(?:أنا|سأكون|حاليا|حالياً) .{0,20}(?:في إجازة|خارج المكتب|في رحلة|في مهمة)|لم أعد أعمل|در مرخصی|خارج از دفتر",
        r"حتى|سأعود|العودة|عودتي|عودتنا|تا تاریخ",
        r"للأمور العاجلة|العاجلة|الطارئة|يرجى التواصل|در موارد فوری",
    ),
    # Vietnamese
    (
        r"(?:tôi|hiện) .{0,20}(?:nghỉ phép|đi công tác|không có mặt|nghỉ lễ|vắng mặt)|đang nghỉ phép",
        r"đến (?:hết )?ngày|quay lại|trở lại",
        r"việc gấp|cần gấp|khẩn|vui lòng liên hệ",
    ),
    # Indonesian, Malay
    (
        r"(?:saya|kami) .{0,20}(?:cuti|bercuti|di luar kantor|tidak di kantor|tiada di pejabat|bertugas di luar)",
        r"sampai (?:dengan )?(?:tanggal|\d)|sehingga|kembali",
        r"mendesak|segera sila|silakan hubungi|sila hubungi|hubungi",
    ),
    # Thai
    (
        r"ลาพักร้อน|ลาพักผ่อน|ไม่อยู่ที่(?:ออฟฟิศ|สำนักงาน)|อยู่ระหว่างการลา|ไม่ได้อยู่ในสำนักงาน|ลาคลอด",
        r"จนถึง|ถึงวันที่|กลับมา",
        r"เรื่องด่วน|เร่งด่วน|กรุณาติดต่อ",
    ),
    # Catalan, Galician, Basque
    (
        r"(?:sóc|soc|estic|estaré) (?:de vacances|fora|absent|de baixa|de viatge)|estou de vacacións|oporretan nago",
        r"fins al|tornaré|tornada",
        r"urgència|contacteu|poseu-vos en contacte|poden contactar",
    ),
)
# Somebody left, or the address is given up: an answer that nobody writes by hand.
LEFT = (
    r"no longer (?:works?|working|employed|with|at|part of|in use)|(?:has|have|'ve) left (?:the company|our company|"
    r"the organi[sz]ation|the firm|(?-i:[A-Z][\w'’]+))|my last day (?:at|with|was)|"
    r"e-?mail address (?:has|is) (?:been )?(?:changed|discontinued|deactivated)|"
    r"nicht mehr (?:\w+ ){0,4}(?:unternehmen|firma|tätig|beschäftigt|angestellt)|ausgeschieden|"
    r"e-?mail-?adresse (?:hat sich )?geändert|adresse geändert hat|"
    r"ne (?:fais|fait|travaille) plus|a quitté (?:la|l['’]|notre|ses)|n['’]est plus (?:chez|dans|en poste|utilisée)|"
    r"ya no (?:trabaj\w+|forma\w*|formo|pertenece\w*|pertenezco|labor\w+)|não (?:trabalh\w+|faço|faz) mais|"
    r"já não (?:trabalh\w+|faço|faz)|não faz mais parte|non (?:lavor\w+|collabor\w+|faccio|fa) più|"
    r"niet (?:meer|langer) (?:werkzaam|in dienst)|werk(?:t)? niet (?:meer|langer)|"
    r"(?:arbetar|jobbar) inte längre|(?:arbejder|jobber|arbeider) ikke (?:længere|lenger)|är inte längre anställd|"
    r"nie pracuj[ęe] już|już nie pracuj|nepracuj\w+|больше не работа|не работает в|уволил|більше не працю|"
    r"δεν εργάζ\w+ πλέον|nu mai lucr|már nem dolgoz|artık .{0,30}çalışm|ei ole enää|ei enam tööta|"
    r"jei ikke lenger|לא עובדת? יותר|もちまして.{0,4}退職|退職|已离职|已離職|퇴사"
)
# How Outlook and others begin the subject of an automatic answer, where `phrases` does not have it.
SUBJECT = (
    r"resposta autom[àa]tica|ateb awtomatig|erantzun automatikoa|پاسخ خودکار|freagra uathoibríoch|"
    r"स्वचालित|автоматты жауап|balasan automatik|аутоматски одговор|(?:การ)?ตอบกลับอัตโนมัติ|"
    r"annual leave\b|ooo\b(?=\s*(?:$|\d|re:|aw:|until|till|through|from|back))|(?:i am |i'm )?no longer (?:with|"
    r"at|working|employed)\b|"
    r".{2,50} (?:has left|is no longer (?:with|at|working))\b|(?:my |new )?e-?mail address (?:has )?change|"
    r"poissa\s*:|\w{2,20}!? auto[- ]?(?:response|reply|responder)\b|.{2,40}['’]s auto[- ]?(?:response|reply|"
    r"responder)|нет на работе|外出\s*[:：]|不在(?:办公室|"
    r"辦公室|時|中)|休假(?:中|通知)|"
    r"urlaubsbedingt|(?:büro|praxis|kanzlei|office) (?:ist |is )?(?:geschlossen|closed)|away from office|"
    r".{2,40} on (?:leave|vacation|holiday) (?:until|till|from)\b|limited (?:availability|access)\b|"
    r"thank(?:s| you) for your (?:e-?mail|message)\W*$|"
    r"en vacances|closed for|feriado|betriebs(?:ferien|urlaub)|im urlaub\b|krank(?:heit|meldung)\s*:|"
    r"(?:bin |wir sind )?(?:zur ?zeit )?nicht (?:da|erreichbar)|mutterschutz|elternzeit\b"
)
# What absences are about, in no particular phrase: weaker than `ABSENT`, but nobody can list every phrase.
TOPIC = (
    r"\b(?:vacation|holidays?|(?:annual|sick|medical|maternity|paternity|parental|bereavement) leave|sabbatical|"
    r"pto|ooo|batch my e-?mails?|deep work|weltreise|"
    r"jury duty|field trip|retired|retirement|off (?:until|till|today|sick|work)|away|moved on from|"
    r"passed away|in meetings|part[- ]time|(?:office|opening|business|working) hours|out of (?:the )?office|"
    r"(?:trade (?:show|fair)|conference)s?|"
    r"check (?:my |this )?(?:e-?mails?|inbox) (?:once|twice|only|in the)|available mon|work through my inbox|"
    r"urlaub|dienstreise|fortbildung|elternzeit|mutterschutz|teilzeit|ruhestand|verstorben|geschäftszeiten|"
    r"nicht erreichbar|verlassen|adresse wird nicht|zur ?zeit|geschlossen|"
    r"cong[ée]s?|déplacement|absente?|vacances|fermée?|temps partiel|retraite|secrétariat|"
    r"vacaciones|ausentes?|de viaje|cerrad[ao]s?|jubilad[ao]|férias|licença|em viagem|fechad[ao]s?|"
    r"ferie|assente|trasferta|chius[aoie]|smart working|malattia|maternità|"
    r"vakantie|afwezig|vandaag vrij|verlof|gesloten|semester\w*|ledig|tjänsteresa|slutat|kursus|kurs|"
    r"fri i dag|sykmeldt|sygemeldt|orlov|permisjon|barsel\w*|delegație|delegaţie|dovolen\w+|nemocenské)\b|"
    r"lomalla|koulutuksessa|virkamatkalla|urlop|zwolnieniu|delegacj|nie jestem już|služební cest|sluzebni cest|"
    r"szabads|concediu|izn?in(?:de|li|dey)|tatil|отпуск|командиров|больничн|декрет|άδεια|λείπω|απουσι|"
    r"休暇|出張|外出|不在|休業|休假|出差|年假|离职|離職|휴가|출장|부재|퇴사"
)
# How they say that an answer will take its time, and whom to ask: any language, in general words.
SLOW = (
    r"(?:be|is) (?:back )?(?:delayed|slower) than usual|(?:answer|reply|respond)\w* (?:more )?slowly|"
    r"(?:reply|respond|check|answer|read) (?:\w+ ){0,4}on (?:mon|tues|wednes|thurs|fri)days|lees ik (?:je|uw)|"
    r"(?:wird|werden) (?:automatisch )?gelöscht|(?:is|are|will be) (?:automatically )?deleted|"
    r"response (?:may|might|will|could) be (?:delayed|slow)|expect (?:a )?delay|respond as soon as i can|"
    r"(?:won['’]t|will not|cannot) be (?:seen|read|checked|answered|monitored)|without internet|"
    r"kein(?:en|e)? (?:zugriff|zugang)|ohne zugriff|eingeschränkt erreichbar|mit verzögerung|verzögert|"
    r"sobald ich wieder|"
    r"erst (?:ab|nach|am) .{0,30}(?:antworten|bearbeiten|beantworten)|an meinem nächsten|am nächsten werktag|"
    r"(?:consulterai|traiterai|prendrai connaissance|répondrai) .{0,60}retour|avec (?:du )?retard|"
    r"con ritardo|non legg|saltuariamente|acceso limitado|con retraso|leggerò|atenderemos|responderemos|"
    r"(?:lees|beantwoord) .{0,20}(?:mail|e-?mail) (?:niet|morgen)|läser (?:inte )?(?:min )?mail|svarer? på mails?|"
    r"luen sähköpost|nem olvasom|yanıt veremiyorum|geç dönüş|доступ .{0,15}ограничен|с задержкой|"
    r"(?:不能|无法|無法)(?:及时|及時|即時)?回(?:复|覆)|請見諒|请谅解|返信が遅|回信が遅|회신이 늦|확인이 어렵"
)
ASK = (
    r"\b(?:(?:being )?looked after by|can(?:['’]t|not) wait|inviare (?:le|la|ogni) \w+ a|ilgilenmektedir|"
    r"dringendes|notfällen?|bitte nutzen sie|künftig|meine vertretung|wurde an .{1,40} weitergeleitet|"
    r"(?:new|your) contact (?:person )?(?:(?:at|for|in) .{2,30} )?is|is looking after|(?:direct|send|forward|"
    r"address) (?:all |your |any |future )\w+ to|"
    r"(?:contact|call|text|ping|phone|e-?mail) (?:me )?\S+@\S+|if you need (?:me|anything|an answer|help)|"
    r"please call|"
    r"sont suivis par|pour une réponse rapide|composez le|urgences?|llamar al|direcionar|entrar em contato|"
    r"chiamare|in mia assenza|bij spoed|voortaan|bel \d|mail naar|kontakta|ring \w+|ved spørsmål|"
    r"zastępstwie|zastępuje|asioissani|palvelee|suna|görüş|χρειαστείτε|γραμματεία|lütfen|вопрос)|"
    r"お急ぎ|代わりに|代理|(?:휴대폰|핸드폰)"
)
# An address that nobody reads, or a text that asks for no answer.
UNREAD = (
    r"(?:please )?do not (?:reply|respond) to this|ne pas répondre à ce|antworten sie (?:bitte )?nicht auf diese|"
    r"no responda a este|não responda a? ?est|non rispondere a quest|nie odpowiada(?:ć|j) na t|"
    r"adresse wird nicht (?:mehr )?(?:verwendet|genutzt|gelesen|abgerufen)|n['’]est plus (?:consultée|valide)|"
    r"ya no está (?:en uso|activ)|non è più (?:attiv|in uso)|(?:address|mailbox) is no longer valid|"
    r"messages are not read|keine anfragen beantwortet"
)
ABSENT = "|".join(row[0] for row in _ROWS)
BACK = "|".join(row[1] for row in _ROWS)
INSTEAD = "|".join(row[2] for row in _ROWS)
